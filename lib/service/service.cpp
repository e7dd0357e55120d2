#include "service/service.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "approval/binding.hpp"
#include "approval/quorum.hpp"
#include "context/action.hpp"
#include "context/document.hpp"
#include "live/section.hpp"
#include "policy/denied_by_warnings.hpp"
#include "policy/evaluate.hpp"
#include "policy/preview.hpp"
#include "policy/systems.hpp"
#include "service/input.hpp"
#include "service/notices.hpp"
#include "util/error.hpp"

namespace jit::service {
namespace {

using approval::Actor;
using approval::Request;
using approval::RequestId;
using approval::State;
using approval::Transition;
using approval::View;
using policy::Effect;

// How many passed deadlines one write records besides its own work; the next write goes on.
constexpr int kDueAtOnce = 100;
constexpr int kMostCandidates = 10;

void append(store::Transaction& transaction, const Transition& transition) {
  transaction.append(
      {transaction.now(), transition.actor, transition.type, transition.request.id.text(), transition.data});
  tell(transaction, transition);
}

void record(store::Transaction& transaction, const Transition& transition) {
  transaction.update(transition.request);
  append(transaction, transition);
}

void record_due(store::Transaction& transaction) {
  for (const RequestId& id : transaction.due(transaction.now(), kDueAtOnce)) {
    const auto request = transaction.get(id);
    if (!request) continue;
    if (const auto settled = approval::settle(*request, transaction.now())) record(transaction, *settled);
  }
}

// The request as time has left it.
std::optional<Request> get_settled(store::Transaction& transaction, const RequestId& id) {
  auto request = transaction.get(id);
  if (!request) return std::nullopt;
  auto settled = approval::settle(*request, transaction.now());
  if (!settled) return request;
  record(transaction, *settled);
  return std::move(settled->request);
}

// A transaction reads requests without their contexts; whoever looks at one had read it before.
Request with_context(Request request, const Request& before) {
  request.context = before.context;
  return request;
}

std::set<std::string> groups_of(const std::vector<Request>& requests) {
  std::set<std::string> groups;
  for (const Request& request : requests) groups.merge(approval::groups_of(request.requirement));
  return groups;
}

bool wants(const store::Filter& filter, State state) {
  return filter.states.empty() ||
         std::find(filter.states.begin(), filter.states.end(), state) != filter.states.end();
}

// What an approver reads must be what the digest stands for; only somebody who edits the store can make them
// differ.
void require_bound(const Request& request) {
  if (request.context_digest && *request.context_digest == request.digest) return;
  if (request.context && approval::bound_digest(*request.context) == request.digest) return;
  throw util::Error(
      "the stored context of request " + request.id.brief() + " is not the one that its digest stands for",
      "somebody edited the store: jit-audit verify");
}

std::variant<View, Refusal, NoSuchRequest> changed(std::variant<Transition, Refusal, NoSuchRequest> result,
                                                   const Request& before, const policy::Roster& roster) {
  if (auto* transition = std::get_if<Transition>(&result))
    return approval::view_of(with_context(std::move(transition->request), before), roster);
  if (auto* refusal = std::get_if<Refusal>(&result)) return std::move(*refusal);
  return NoSuchRequest{};
}

std::string preview_problem(const policy::Verdict& verdict, const util::Json& context) {
  return policy::preview_problem(verdict.requirement.previews, context);
}

policy::Verdict refused_break_glass(const policy::Verdict& verdict, const std::string& why) {
  policy::Verdict refused;
  refused.rules = verdict.rules;
  refused.message = why;
  return refused;
}

}  // namespace

Service::Service(store::Store& store, const policy::Set& policies, Effect fallback)
    : m_store(store), m_policies(policies), m_fallback(fallback) {}

util::Time Service::evidence_time() {
  return std::max(m_store.now(), util::wall_clock());
}

const util::Json& Service::warnings_of(const std::shared_ptr<const util::Json>& context) {
  static const util::Json kNone;
  const util::Json* warnings = context ? context::find_in(*context, "warnings") : nullptr;
  return warnings == nullptr ? kNone : *warnings;
}

Service::Judged Service::judge(const Actor& by, const std::shared_ptr<const util::Json>& context,
                               const std::optional<RequestId>& claimed) const {
  auto checked = std::make_shared<util::Json>(
      *with_warnings(checked_context(context, m_store.now(), by), m_policies.warning_sources()));
  // Approvers are shown it; what is claimed is past that.
  if (!claimed || m_policies.reads("activity")) {
    context::Document collected(*checked);
    (*checked)["activity"] = activity(by, collected, claimed);
  }
  context::Document document(*checked);
  Judged judged;
  judged.verdict = policy::evaluate(m_policies, document, m_fallback);
  if (judged.verdict.effect != Effect::ask) policy::add_systems(m_policies, document, judged.verdict);
  judged.context = approval::labelled(*checked, judged.verdict);
  return judged;
}

// What the requester's machine says of the earlier request is not believed: it is compared here.
std::optional<approval::Earlier> Service::earlier(const Actor& by, const NewRequest& request,
                                                  const util::Json& context) {
  if (!request.earlier) return std::nullopt;
  const auto before = m_store.get(*request.earlier);
  if (!before) throw util::UsageError("there is no request " + request.earlier->brief() + " to ask anew for");
  if (before->requester != by.name)
    throw util::UsageError("request " + before->id.brief() + " was made by somebody else",
                           "ask without the earlier request");
  if (before->state != State::changed)
    throw util::UsageError("request " + before->id.brief() + " did not end because something had changed",
                           "ask without the earlier request");
  auto differences = context::differences(*before->context, context);
  auto news = live::news(warnings_of(before->context), context.value("warnings", util::Json()));
  differences.insert(differences.end(), news.begin(), news.end());
  if (differences.empty())
    differences.emplace_back("what would run is the same; the rules or the groups are not");
  return approval::Earlier{before->id, std::move(differences)};
}

View Service::view(const Request& request) const {
  return approval::view_of(request, m_policies.groups().resolve(approval::groups_of(request.requirement)));
}

std::variant<View, NotAsked> Service::ask(const Actor& by, const NewRequest& request) {
  const std::string reason = checked_text(request.reason, "the reason");
  const std::string ticket = checked_text(request.ticket, "the ticket");
  const Judged judged = judge(by, request.context);
  if (judged.verdict.effect != Effect::ask) {
    NotAsked not_asked{judged.verdict, ""};
    if (judged.verdict.effect == Effect::deny) {
      // Who asks is shown the warnings of the request; who is denied because of them, these.
      context::Document document(*judged.context);
      not_asked.because = policy::denied_by_warnings(m_policies, document, m_fallback);
    }
    return not_asked;
  }
  if (auto problem = missing_condition(judged.verdict, reason, ticket); !problem.empty()) {
    return NotAsked{judged.verdict, std::move(problem)};
  }
  if (lacks_input(judged.verdict, *judged.context))
    return NotAsked{judged.verdict, "the rules here bind standard input: --bind-stdin"};
  // In an emergency nothing waits for a preview: what there is of it is shown to who reviews it afterwards.
  std::string unseen = request.break_glass ? "" : preview_problem(judged.verdict, *judged.context);
  if (!unseen.empty()) return NotAsked{judged.verdict, std::move(unseen)};
  const auto roster = m_policies.groups().resolve(approval::groups_of(judged.verdict.requirement));
  if (request.break_glass) {
    const auto why = approval::why_no_break_glass(judged.verdict.requirement, by, roster);
    if (!why.empty()) return NotAsked{refused_break_glass(judged.verdict, why), ""};
    if (reason.empty()) return NotAsked{judged.verdict, "break-glass needs a reason: --reason TEXT"};
  }
  if (!request.break_glass) {
    if (auto grant = find_grant(by, judged)) return std::move(*grant);
  }
  const approval::Asked asked{approval::bound_digest(*judged.context),
                              judged.context,
                              judged.verdict,
                              by,
                              reason,
                              ticket,
                              request.wait,
                              earlier(by, request, *judged.context)};
  const RequestId id = RequestId::random();
  std::optional<Request> made;
  m_store.write([&](store::Transaction& transaction) {
    record_due(transaction);
    const Transition transition = approval::make_request(asked, id, transaction.now());
    transaction.insert(transition.request);
    append(transaction, transition);
    made = transition.request;
    if (!request.break_glass) return;
    auto broken = approval::apply(*made, approval::Break{by}, roster, transaction.now());
    if (const auto* refusal = std::get_if<Refusal>(&broken)) throw util::UsageError(refusal->text);
    record(transaction, std::get<Transition>(broken));
    made = with_context(std::move(std::get<Transition>(broken).request), *made);
  });
  return approval::view_of(*made, roster);
}

Lookup Service::find(const std::string& id_or_prefix) {
  if (!approval::is_id_prefix(id_or_prefix)) return NoSuchRequest{};
  const auto ids = m_store.find_prefix(id_or_prefix, kMostCandidates);
  if (ids.empty()) return NoSuchRequest{};
  if (ids.size() == 1) return ids.front();
  Ambiguous ambiguous;
  for (const RequestId& id : ids) ambiguous.candidates.push_back(id.text());
  return ambiguous;
}

std::optional<View> Service::get(const RequestId& id) {
  auto request = m_store.get(id);
  if (!request) return std::nullopt;
  require_bound(*request);
  if (approval::settle(*request, m_store.now())) {
    m_store.write([&](store::Transaction& transaction) {
      if (auto settled = get_settled(transaction, id)) request = with_context(std::move(*settled), *request);
    });
  }
  return view(*request);
}

std::vector<View> Service::list(const store::Filter& filter) {
  // Requests whose deadline has passed still lie under their old state until somebody writes it down.
  const bool by_deadline = wants(filter, State::expired) || wants(filter, State::lapsed);
  if (by_deadline) m_store.write(record_due);
  auto requests = m_store.list(filter);
  const util::Time now = m_store.now();
  const auto passed = [&](const Request& request) { return approval::settle(request, now).has_value(); };
  if (std::any_of(requests.begin(), requests.end(), passed)) {
    m_store.write(record_due);
    requests = m_store.list(filter);
  }
  for (Request& request : requests) {
    if (auto settled = approval::settle(request, now)) request = std::move(settled->request);
  }
  std::erase_if(requests, [&](const Request& request) { return !wants(filter, request.state); });

  const auto roster = m_policies.groups().resolve(groups_of(requests));
  std::vector<View> views;
  views.reserve(requests.size());
  for (const Request& request : requests) views.push_back(approval::view_of(request, roster));
  return views;
}

std::variant<Transition, Refusal, NoSuchRequest> Service::apply(const RequestId& id,
                                                                const approval::Event& event,
                                                                const policy::Roster& roster,
                                                                const Signed* checked) {
  std::variant<Transition, Refusal, NoSuchRequest> result = NoSuchRequest{};
  m_store.write([&](store::Transaction& transaction) {
    record_due(transaction);
    auto request = get_settled(transaction, id);
    if (!request) return;
    // Mostly remembered: they were checked before the store was locked.
    if (checked != nullptr) checked->signatures.mark(*request, checked->requirement, transaction.now());
    auto applied = approval::apply(*request, event, roster, transaction.now());
    if (auto* transition = std::get_if<Transition>(&applied)) {
      record(transaction, *transition);
      result = std::move(*transition);
    } else {
      result = std::get<Refusal>(std::move(applied));
    }
  });
  return result;
}

Service::Changed Service::change(const RequestId& id, const approval::Event& event) {
  const auto request = m_store.get(id);
  if (!request) return NoSuchRequest{};
  // Looked up before the store is locked: a slow directory service must not hold up everybody. What a request
  // requires never changes.
  const auto roster = m_policies.groups().resolve(approval::groups_of(request->requirement));
  return changed(apply(id, event, roster), *request, roster);
}

Service::Changed Service::approve(const RequestId& id, approval::Approve event) {
  auto request = m_store.get(id);
  if (!request) return NoSuchRequest{};
  require_bound(*request);
  const auto roster = m_policies.groups().resolve(approval::groups_of(request->requirement));
  ReviewSignatures signatures(m_policies.signer_files());
  const bool only_signed = request->requirement.signatures;
  if (only_signed && event.signature) {
    event.why_not = signatures.why_not_new(*request, event, evidence_time());
    event.verified = event.why_not.empty();
    signatures.mark(*request, request->requirement, evidence_time());
  }
  const Signed checked{signatures, request->requirement};
  return changed(apply(id, event, roster, only_signed ? &checked : nullptr), *request, roster);
}

Service::Changed Service::review(const Actor& by, const RequestId& id, approval::ReviewVerdict verdict,
                                 const std::string& message, std::optional<approval::Signature> signature) {
  const std::string text = checked_text(message, "the message");
  switch (verdict) {
    case approval::ReviewVerdict::approve:
      if (signature) require_wellformed(*signature);
      return approve(id, {by, text, std::move(signature)});
    case approval::ReviewVerdict::deny:
      return change(id, approval::Deny{by, text});
    case approval::ReviewVerdict::acknowledge:
    case approval::ReviewVerdict::dispute:
      return change(id, approval::ReviewAfter{by, verdict, text});
  }
  throw util::Error("unknown verdict");
}

Service::Changed Service::revoke(const Actor& by, const RequestId& id, const std::string& message) {
  return change(id, approval::Revoke{by, checked_text(message, "the message")});
}

Service::Changed Service::withdraw(const Actor& by, const RequestId& id) {
  return change(id, approval::Withdraw{by});
}

Service::Changed Service::report(const Actor& by, const RequestId& id, const util::Json& outcome) {
  const auto checked = checked_outcome(outcome);
  const auto request = m_store.get(id);
  if (!request) return NoSuchRequest{};
  const auto roster = m_policies.groups().resolve(approval::groups_of(request->requirement));
  std::variant<Transition, Refusal, NoSuchRequest> result = NoSuchRequest{};
  // What is said of the recording, and what there is of it, is as of one moment.
  m_store.write([&](store::Transaction& transaction) {
    const auto now = transaction.get(id);
    if (now) result = apply(id, approval::Report{by, with_recording(*now, *checked)}, roster);
  });
  return changed(std::move(result), *request, roster);
}

void Service::settle_due() {
  m_store.write(record_due);
}

bool Service::record_allowed(const Actor& by, const std::shared_ptr<const util::Json>& context) {
  const Judged judged = judge(by, context);
  if (judged.verdict.effect != Effect::allow) return false;
  record_allowed(by, *judged.context, judged.verdict);
  return true;
}

void Service::record_allowed(const Actor& by, const util::Json& context, const policy::Verdict& verdict) {
  util::Json data = {
      {"digest", approval::bound_digest(context).text()}, {"line", nullptr}, {"rules", verdict.rules}};
  if (const auto* line = context::find_in(context, "command.line")) data["line"] = *line;
  m_store.write([&](store::Transaction& transaction) {
    record_due(transaction);
    transaction.append({transaction.now(), by.name, "allowed", "", std::make_shared<const util::Json>(data)});
  });
}

}  // namespace jit::service
