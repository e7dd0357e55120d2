#pragma once
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "approval/life_cycle.hpp"
#include "approval/permit.hpp"
#include "approval/quorum.hpp"
#include "approval/request.hpp"
#include "context/source.hpp"
#include "policy/policy_set.hpp"
#include "service/review_signatures.hpp"
#include "store/store.hpp"

namespace jit::service {

using approval::Refusal;

/// What somebody asks for. The verdict is not part of it: the service evaluates its own policies.
struct NewRequest {
  std::shared_ptr<const util::Json> context;
  std::string reason, ticket;
  std::optional<util::Millis> wait;
  /// A request of the same person that ended as changed: the approvers are shown what differs from it.
  std::optional<approval::RequestId> earlier{};
  /// Start now, and be reviewed afterwards: where the rules permit it to this person.
  bool break_glass = false;
};

/// The verdict was not `ask`, so there is no request; or what the rules require is missing.
struct NotAsked {
  policy::Verdict verdict;
  std::string problem;                 // "a reason is required" …; empty when the verdict itself says it
  std::vector<std::string> because{};  // the warnings that made it a denial, in words
};

/// The result of a claim that was made: with a permit, or with the words that say what changed.
struct Claimed {
  approval::View view;
  std::optional<approval::Permit> permit;
  std::vector<std::string> differences;
};

/// A part of the recording of a session (asciicast v2, in ASCII).
struct Piece {
  int use = 1;            // of the request
  std::size_t start = 0;  // where it begins in the recording
  std::string bytes;
};
/// How long a recording becomes where nobody says otherwise.
inline constexpr std::size_t kLongestRecording = 16U << 20U;

/// Which request a word on a command line means.
struct Ambiguous {
  std::vector<std::string> candidates;
};
struct NoSuchRequest {};
using Lookup = std::variant<approval::RequestId, Ambiguous, NoSuchRequest>;

/// The use cases, over a store and a policy set. Every door (embedded, server, tests) calls these. Throws
/// util::Error when the store fails.
class Service {
 public:
  Service(store::Store& store, const policy::Set& policies, policy::Effect fallback);

  /// What is missing for this verdict ("rule x requires a reason: --reason TEXT"); empty when nothing is.
  static std::string missing_condition(const policy::Verdict& verdict, const std::string& reason,
                                       const std::string& ticket);
  /// Whether what the verdict wants bound is not in this context.
  static bool lacks_input(const policy::Verdict& verdict, const util::Json& context);

  /// Where the rules let an approval be used again, that may be an approved request of before: it serves.
  std::variant<approval::View, NotAsked> ask(const approval::Actor& by, const NewRequest& request);
  Lookup find(const std::string& id_or_prefix);
  std::optional<approval::View> get(const approval::RequestId& id);
  std::vector<approval::View> list(const store::Filter& filter);
  std::variant<approval::View, Refusal, NoSuchRequest> review(
      const approval::Actor& by, const approval::RequestId& id, approval::ReviewVerdict verdict,
      const std::string& message, std::optional<approval::Signature> signature = {});
  std::variant<approval::View, Refusal, NoSuchRequest> revoke(const approval::Actor& by,
                                                              const approval::RequestId& id,
                                                              const std::string& message);
  std::variant<approval::View, Refusal, NoSuchRequest> withdraw(const approval::Actor& by,
                                                                const approval::RequestId& id);
  /// `context` is collected anew by the caller, and evaluated anew here. `here`: what the caller's own
  /// policies say of it, where that counts too; the stricter stands.
  std::variant<Claimed, Refusal, NoSuchRequest> claim(const approval::Actor& by,
                                                      const approval::RequestId& id,
                                                      const std::shared_ptr<const util::Json>& context,
                                                      const policy::Verdict* here = nullptr);
  std::variant<approval::View, Refusal, NoSuchRequest> report(const approval::Actor& by,
                                                              const approval::RequestId& id,
                                                              const util::Json& outcome);
  /// Adds to the recording of a use of a request that this person has started. `start` is its size so far:
  /// what was added already is recognised by that. No recording is longer than `most`. Gives its size.
  std::variant<std::size_t, Refusal, NoSuchRequest> append_recording(const approval::Actor& by,
                                                                     const approval::RequestId& id,
                                                                     const Piece& piece, std::size_t most);
  /// Writes down which requests' time has passed.
  void settle_due();
  /// Records an allowed command (the setting `audit: all`).
  void record_allowed(const approval::Actor& by, const util::Json& context, const policy::Verdict& verdict);

  /// The same of somebody who is not believed what the policies said; what is not allowed here is not
  /// recorded so.
  bool record_allowed(const approval::Actor& by, const std::shared_ptr<const util::Json>& context);

  /// What there is of this person's requests, of this command and of its systems, but for one request: the
  /// section `activity` of a context. `context` has at least the command.
  util::Json activity(const approval::Actor& by, context::Source& context,
                      const std::optional<approval::RequestId>& except) const;

  std::unique_ptr<store::Watch> watch(const std::optional<approval::RequestId>& id) {
    return m_store.watch(id);
  }
  /// Whether this person's review is wanted: it could count, and is not given yet.
  static bool can_review(const approval::View& view, const approval::Actor& person);
  util::Time now() { return m_store.now(); }

 private:
  /// What these policies say about a context, and the context with the labels that they give it.
  struct Judged {
    policy::Verdict verdict;
    std::shared_ptr<const util::Json> context;
  };
  using Changed = std::variant<approval::View, Refusal, NoSuchRequest>;
  std::variant<Claimed, Refusal, NoSuchRequest> claim_now(const approval::Actor& by,
                                                          const approval::RequestId& id,
                                                          const std::shared_ptr<const util::Json>& context,
                                                          const policy::Verdict* here);

  std::optional<approval::Earlier> earlier(const approval::Actor& by, const NewRequest& request,
                                           const util::Json& context);
  std::optional<approval::View> find_grant(const approval::Actor& by, const Judged& judged);
  std::shared_ptr<const util::Json> with_recording(const approval::Request& request,
                                                   const util::Json& outcome);
  /// `claimed`: the request that this is the claim of; it is no part of the activity then.
  Judged judge(const approval::Actor& by, const std::shared_ptr<const util::Json>& context,
               const std::optional<approval::RequestId>& claimed = {}) const;
  approval::View view(const approval::Request& request) const;
  /// By when a signature is judged. The store's time is in the hands of whoever can write the store, and what
  /// was signed long ago would be new by it; this machine's clock is not.
  util::Time evidence_time();
  static const util::Json& warnings_of(const std::shared_ptr<const util::Json>& context);
  /// What `apply` does with signatures besides the event itself.
  struct Signed {
    ReviewSignatures& signatures;
    const policy::Requirement& requirement;  // the one that decides
  };
  Changed change(const approval::RequestId& id, const approval::Event& event);
  Changed approve(const approval::RequestId& id, approval::Approve event);
  std::variant<approval::Transition, Refusal, NoSuchRequest> apply(const approval::RequestId& id,
                                                                   const approval::Event& event,
                                                                   const policy::Roster& roster,
                                                                   const Signed* checked = nullptr);

  store::Store& m_store;
  const policy::Set& m_policies;
  policy::Effect m_fallback;
};

}  // namespace jit::service
