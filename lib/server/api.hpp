#pragma once
#include <functional>
#include <memory>

#include "policy/policy_set.hpp"
#include "server/caller.hpp"
#include "server/documents.hpp"
#include "server/limits.hpp"
#include "server/message.hpp"
#include "server/metrics.hpp"
#include "server/rates.hpp"
#include "server/slack_settings.hpp"
#include "service/service.hpp"

namespace jit::server {

struct SlackAct;

/// What is answered to a change, and what that can be made from again (JSON; empty: it is not kept).
struct Answer {
  Answer(Reply said, std::string to_keep = {})  // NOLINT(google-explicit-constructor): a problem is one
      : reply(std::move(said)), kept(std::move(to_keep)) {}
  Reply reply;
  std::string kept;
};

/// The API (design: /v1) over the service, without a network. All of it runs on one thread, which owns the
/// store.
class Api {
 public:
  Api(store::Store& store, std::shared_ptr<const policy::Set> policies, policy::Effect fallback,
      const Limits& limits, const SlackSettings& slack, Metrics& metrics);

  /// From now on these policies decide.
  void use(std::shared_ptr<const policy::Set> policies);

  /// Answers, whatever comes: what is wrong with a request is a problem in the reply. Throws util::Error when
  /// the store fails; then nothing was changed.
  Reply handle(const Caller& caller, const Message& message);
  /// The same for what Slack has sent: its gate (slack_gate.hpp) has let it pass.
  Reply slack(const Message& message);

  /// Something has changed, or may have: documents are made anew.
  void forget_documents() {
    m_shown.clear();
    m_events.clear();
  }
  /// How many requests are in each state that is not over.
  std::map<std::string, std::size_t> count_open();
  /// Writes down what time has done to requests.
  void settle();

 private:
  using Json = util::Json;
  service::Service service() { return {m_store, *m_policies, m_fallback}; }

  Reply route(const Caller& caller, const Message& message, const Target& target);
  Reply whoami(const Caller& caller);
  Answer document_answer(int status, const approval::View& view);
  Answer claim_answer(const service::Claimed& claimed);
  /// A context as it is judged here, of what a client gives.
  using Context = std::function<std::shared_ptr<const Json>(const Json& given)>;
  Answer ask(const Caller& caller, const Json& body, const Context& context);
  std::optional<Reply> too_many_asked(const Caller& caller, const service::NewRequest& request);
  Reply list(const Caller& caller, const Target& target);
  Reply get(const Caller& caller, const std::string& id, const std::string& known);
  Answer append_recording(const Caller& caller, const approval::RequestId& id, const Json& body);
  Reply recording(const Caller& caller, const std::string& id, const Target& target);
  Answer change(const Caller& caller, const std::string& id, const std::string& what, const Json& body,
                const Context& context);
  Answer allowed(const Caller& caller, const Json& body, const Context& given);
  Reply events(const std::string& last_known);
  Reply answer(const SlackAct& act);
  Reply decided(const SlackAct& act, const approval::View& before, const approval::Actor& actor);
  void count_decision(const approval::View& view);
  Reply once(const Caller& caller, const Message& message, const std::function<Answer(const Json&)>& work);
  Reply again(const Caller& caller, const store::Reply& before, const std::string& asked);
  bool may_see(const Caller& caller, const approval::RequestId& id);

  store::Store& m_store;
  std::shared_ptr<const policy::Set> m_policies;
  policy::Effect m_fallback;
  const Limits& m_limits;
  const SlackSettings& m_slack;
  Metrics& m_metrics;
  Rates m_asked;  // what is asked for stays in the store

  Documents m_documents;
  // What was answered lately, so that many who wait for one request do not each cost as much as the first.
  struct Shown {
    Reply reply;
    std::string requester;
    std::optional<util::Time> until;  // from then on time has made something else of it
  };
  std::map<approval::RequestId, Shown> m_shown;  // since the last change of anything
  std::map<std::string, Reply> m_events;         // by the last that was known; likewise
};

/// What somebody without this scope is answered.
Reply forbidden(Scope scope);
Reply no_such_request();
Reply refused(const service::Refusal& refusal);

}  // namespace jit::server
