#pragma once
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "approval/request.hpp"
#include "policy/groups.hpp"

namespace jit::approval {

/// What can happen to a request. (How one begins is `make_request`.)
struct Approve {
  Actor by;
  std::string message;
  std::optional<Signature> signature{};
  bool verified = false;  // the signature was found valid
  std::string why_not{};  // why it was not, in words
};
struct Deny {
  Actor by;
  std::string message;
};
struct Deadline {};  // time has passed; applied before every other event as well
struct Withdraw {
  Actor by;
};
struct Revoke {
  Actor by;
  std::string message;
};
struct Claim {
  Actor by;
  util::Digest digest;                   // of the action as it is now
  std::vector<std::string> differences;  // in words: what is not as approved; any of them refuses the permit
  policy::Verdict verdict;               // of the policy as it is now
  std::string line{};                    // the command, for the trail
  std::vector<std::string> news{};       // what else is not as it was: it refuses nothing, and may explain it
};
struct Break {  // break-glass: it starts without an approval
  Actor by;
};
struct ReviewAfter {  // of what was started so
  Actor by;
  ReviewVerdict verdict = ReviewVerdict::dispute;  // acknowledge or dispute
  std::string message;
};
struct Report {
  Actor by;
  std::shared_ptr<const util::Json> outcome;
};
using Event = std::variant<Approve, Deny, Deadline, Withdraw, Revoke, Claim, Break, ReviewAfter, Report>;

/// Why an event did not happen; the request stays as it is.
struct Refusal {
  enum class Kind {
    not_eligible,
    own_request,
    already_reviewed,
    already_decided,
    expired,
    not_requester,
    not_approved,
    not_signed,
    bad_signature
  };
  Kind kind = Kind::not_eligible;
  std::string text;  // a sentence for the person
};

/// What an event did: the request after it, and the entry that the audit trail gets.
struct Transition {
  Request request;
  std::string type;   // "approve", "deny", "expire", "lapse", "withdraw", "revoke", "claim", "changed",
                      // "break_glass", "acknowledge", "dispute", "report"
  std::string actor;  // "jit-run" for deadlines
  std::shared_ptr<const util::Json> data;
};

/// The pure transition function. `roster` resolves the groups of the request's requirement and, for a claim,
/// of the verdict's. A deadline that has passed at `now` is not applied by other events, but they are
/// refused: call `settle` first.
std::variant<Transition, Refusal> apply(const Request& request, const Event& event,
                                        const policy::Roster& roster, util::Time now);

/// The transition that a passed deadline makes (pending → expired, approved → lapsed); nullopt when none has
/// passed.
std::optional<Transition> settle(const Request& request, util::Time now);

/// How often it has been started.
int uses_begun(const Request& request);

/// Which of its uses an outcome is about: the one that its "use" names, else the first that none was reported
/// of. A refusal where that was not started, or has been reported.
std::variant<int, Refusal> use_to_report(const Request& request, const util::Json& outcome);

/// Why this use of it takes no more of a recording by this person; nullopt where it does.
std::optional<Refusal> why_not_recorded(const Request& request, const Actor& by, int use);

/// When time alone moves this request on; nullopt once it is over.
std::optional<util::Time> deadline_of(const Request& request);

/// How the story of `asked` begins: a pending request and its audit entry ("ask").
struct Asked {
  util::Digest digest;
  std::shared_ptr<const util::Json> context;
  policy::Verdict verdict;
  Actor by;
  std::string reason, ticket;
  std::optional<util::Millis> wait;  // never lengthens what the requirement allows
  std::optional<Earlier> earlier{};
};
Transition make_request(const Asked& asked, RequestId id, util::Time now);

}  // namespace jit::approval
