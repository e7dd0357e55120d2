#include "approval/life_cycle.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "approval/binding.hpp"
#include "approval/claim.hpp"
#include "approval/document.hpp"
#include "approval/quorum.hpp"
#include "context/source.hpp"
#include "policy/verdict.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::approval {
namespace {

using Result = std::variant<Transition, Refusal>;
using Kind = Refusal::Kind;

constexpr const char* kClock = "jit-run";  // the actor of what time does

Refusal refuse(Kind kind, const Request& request, const std::string& why) {
  return {kind, "request " + request.id.brief() + " " + why};
}

// Why a request in this state takes no decision any more (or, for pending, not yet).
Refusal not_now(const Request& request) {
  switch (request.state) {
    case State::pending:
      return refuse(Kind::not_approved, request, "is not approved yet");
    case State::approved:
      return refuse(Kind::already_decided, request, "is already approved");
    case State::denied:
      return refuse(Kind::already_decided, request, "was denied");
    case State::expired:
      return refuse(Kind::expired, request, "has expired");
    case State::withdrawn:
      return refuse(Kind::already_decided, request, "was withdrawn");
    case State::revoked:
      return refuse(Kind::already_decided, request, "had its approval revoked");
    case State::lapsed:
      return refuse(Kind::expired, request, "was approved, but not started in time");
    case State::changed:
      return refuse(Kind::already_decided, request, "ended because what would run had changed");
    case State::started:
      if (request.review_by)
        return refuse(Kind::already_decided, request, "ran by break-glass: acknowledge or dispute it");
      return refuse(Kind::already_decided, request, "has already been started");
    case State::finished:
      return refuse(Kind::already_decided, request, "has already run");
  }
  return refuse(Kind::already_decided, request, "is in an unknown state");
}

Transition moved(Request request, std::string type, std::string actor,
                 util::Json data = util::Json::object()) {
  data["state"] = to_text(request.state);
  return {std::move(request), std::move(type), std::move(actor),
          std::make_shared<const util::Json>(std::move(data))};
}

auto is_by(const Actor& person) {
  return [&person](const Review& review) {
    return same_person(review.reviewer, review.login, person.name, person.login);
  };
}

const Review* review_by(const Request& request, const Actor& person) {
  const auto found = std::find_if(request.reviews.begin(), request.reviews.end(), is_by(person));
  return found == request.reviews.end() ? nullptr : &*found;
}

class Applier {
 public:
  Applier(const Request& request, const policy::Roster& roster, util::Time now)
      : m_request(request), m_roster(roster), m_now(now) {}

  Result operator()(const Approve& event) const {
    if (m_request.state != State::pending) return not_now(m_request);
    if (!m_request.requirement.self && is_own(m_request, event.by.name, event.by.login)) {
      return refuse(Kind::own_request, m_request, "is your own: somebody else must approve it");
    }
    if (!is_eligible(m_request, event.by, m_roster)) return not_eligible(event.by);
    if (const Review* earlier = review_by(m_request, event.by)) {
      return refuse(Kind::already_reviewed, m_request,
                    earlier->verdict == ReviewVerdict::approve ? "has your approval already"
                                                               : "was denied by you, and that stands");
    }
    if (m_request.requirement.signatures && !event.verified) return without_signature(event);
    Request after = m_request;
    after.reviews.push_back(review(event.by, ReviewVerdict::approve, event.message));
    after.reviews.back().signature = event.signature;
    after.reviews.back().verified = event.verified;
    if (is_met(after.requirement, approvers(after, after.requirement), m_roster)) {
      after.state = State::approved;
      after.valid_until = m_now + after.requirement.valid_for;
    }
    util::Json data = {{"message", event.message}};
    if (!event.by.door.empty()) data["door"] = event.by.door;
    if (event.signature) data["signature"] = to_json(event.signature);
    return moved(std::move(after), "approve", event.by.name, std::move(data));
  }

  Result operator()(const Deny& event) const {
    if (m_request.state != State::pending) return not_now(m_request);
    if (is_own(m_request, event.by.name, event.by.login)) {
      return refuse(Kind::own_request, m_request, "is your own: withdraw it instead");
    }
    if (!is_eligible(m_request, event.by, m_roster)) return not_eligible(event.by);
    const Review* earlier = review_by(m_request, event.by);
    if (earlier != nullptr && earlier->verdict == ReviewVerdict::deny) {
      return refuse(Kind::already_reviewed, m_request, "was denied by you already");
    }
    auto [after, data] = denied_by(event.by, event.message);
    if (denials(after) >= after.requirement.deny_threshold) after.state = State::denied;
    return moved(std::move(after), "deny", event.by.name, std::move(data));
  }

  Result operator()(const Deadline& /*event*/) const {
    if (auto settled = settle(m_request, m_now)) return *std::move(settled);
    return is_over(m_request.state)
               ? not_now(m_request)
               : refuse(Kind::already_decided, m_request, "has not reached its deadline");
  }

  Result operator()(const Withdraw& event) const {
    if (event.by.name != m_request.requester && !event.by.is_operator) {
      return refuse(Kind::not_requester, m_request,
                    "was made by somebody else: only the requester or an operator withdraws it");
    }
    if (is_over(m_request.state)) return not_now(m_request);
    Request after = m_request;
    after.state = State::withdrawn;
    return moved(std::move(after), "withdraw", event.by.name);
  }

  Result operator()(const Revoke& event) const {
    if (m_request.state == State::pending)
      return refuse(Kind::not_approved, m_request, "is not approved yet: deny it instead");
    if (m_request.state != State::approved) return not_now(m_request);
    // Taking back is the safe direction: who has approved may, even where their groups cannot be told any
    // more.
    const Review* own = review_by(m_request, event.by);
    const bool has_approved = own != nullptr && own->verdict == ReviewVerdict::approve;
    if (!has_approved && is_own(m_request, event.by.name, event.by.login))
      return refuse(Kind::own_request, m_request, "is your own: withdraw it instead");
    if (!has_approved && !is_eligible(m_request, event.by, m_roster)) return not_eligible(event.by);
    auto [after, data] = denied_by(event.by, event.message);
    after.state = State::revoked;
    return moved(std::move(after), "revoke", event.by.name, std::move(data));
  }

  Result operator()(const Claim& event) const {
    if (event.by.name != m_request.requester) {
      return refuse(Kind::not_requester, m_request,
                    "was made by somebody else: only the requester can start it");
    }
    if (m_request.state != State::approved || m_request.uses_left < 1) return not_now(m_request);
    Request after = m_request;
    if (const auto differences = what_differs(m_request, event, m_roster, m_now); !differences.empty()) {
      after.state = State::changed;
      return moved(std::move(after), "changed", event.by.name, {{"differences", differences}});
    }
    --after.uses_left;
    if (after.uses_left == 0) after.state = State::started;
    const int uses_left = after.uses_left;
    util::Json data = {{"digest", event.digest.text()}, {"uses_left", uses_left}};
    // One approval may serve many actions: each use says which.
    if (m_request.requirement.any_of_rule) data["line"] = event.line;
    return moved(std::move(after), "claim", event.by.name, std::move(data));
  }

  Result operator()(const Break& event) const {
    if (event.by.name != m_request.requester)
      return refuse(Kind::not_requester, m_request,
                    "was made by somebody else: only the requester starts it");
    if (m_request.state != State::pending) return not_now(m_request);
    if (const auto why = why_no_break_glass(m_request.requirement, event.by, m_roster); !why.empty())
      return refuse(Kind::not_eligible, m_request, "waits for its approval: " + why);
    Request by_others = m_request;
    by_others.requirement.self = false;
    if (eligible_people(by_others, m_roster).empty())
      return refuse(Kind::not_eligible, m_request,
                    "waits for its approval: nobody else could review it afterwards");
    if (m_request.reason.empty())
      return refuse(Kind::not_approved, m_request, "has no reason, and break-glass needs one");
    Request after = m_request;
    after.state = State::started;
    after.uses_left = 0;
    after.review_by = m_now + after.requirement.break_glass->review_within;
    return moved(std::move(after), "break_glass", event.by.name,
                 {{"digest", m_request.digest.text()},
                  {"uses_left", 0},
                  {"review_by", util::to_rfc3339(m_now + m_request.requirement.break_glass->review_within)}});
  }

  Result operator()(const ReviewAfter& event) const {
    if (!m_request.review_by)
      return refuse(Kind::already_decided, m_request,
                    "did not start by break-glass: there is nothing to review afterwards");
    if (is_own(m_request, event.by.name, event.by.login))
      return refuse(Kind::own_request, m_request, "is your own: somebody else must look at it");
    if (!is_eligible(m_request, event.by, m_roster)) return not_eligible(event.by);
    if (review_by(m_request, event.by) != nullptr)
      return refuse(Kind::already_reviewed, m_request, "was reviewed by you already");
    Request after = m_request;
    after.reviews.push_back(review(event.by, event.verdict, event.message));
    return moved(std::move(after), to_text(event.verdict), event.by.name, {{"message", event.message}});
  }

  Result operator()(const Report& event) const {
    if (event.by.name != m_request.requester && !event.by.is_operator) {
      return refuse(Kind::not_requester, m_request,
                    "was made by somebody else: only the requester reports on it");
    }
    if (m_request.state == State::finished) return not_now(m_request);
    // A request with several uses may have lapsed, say, while the command of an earlier use still ran.
    const auto use = use_to_report(m_request, event.outcome ? *event.outcome : util::Json());
    if (const auto* refusal = std::get_if<Refusal>(&use)) return *refusal;
    Request after = m_request;
    after.reported.push_back(std::get<int>(use));
    const bool all_over = after.reported.size() == static_cast<std::size_t>(uses_begun(after));
    if (after.state == State::started && all_over) after.state = State::finished;
    after.outcome = event.outcome;
    return moved(std::move(after), "report", event.by.name,
                 {{"outcome", event.outcome ? *event.outcome : util::Json()}, {"use", std::get<int>(use)}});
  }

 private:
  Refusal without_signature(const Approve& event) const {
    if (!event.signature)
      return refuse(Kind::not_signed, m_request,
                    "needs a signed approval: set signing_key, and approve with --sign");
    return {Kind::bad_signature,
            "your signature of request " + m_request.id.brief() + " does not count: " + event.why_not};
  }

  Refusal not_eligible(const Actor& person) const {
    const auto groups = groups_of(m_request.requirement);
    return refuse(Kind::not_eligible, m_request,
                  "is not for you to review: " + person.name + " is in no group that its rules name (" +
                      util::join({groups.begin(), groups.end()}, ", ") + ")");
  }

  Review review(const Actor& by, ReviewVerdict verdict, const std::string& message) const {
    return {by.name, verdict, message, m_now, std::nullopt, by.login};
  }

  // With a person's earlier approval taken out: the denial, and why, is that person's word now. The trail
  // says whose it was where that was under another name.
  std::pair<Request, util::Json> denied_by(const Actor& by, const std::string& message) const {
    Request after = m_request;
    util::Json data = {{"message", message}};
    if (!by.door.empty()) data["door"] = by.door;
    if (const Review* earlier = review_by(m_request, by); earlier != nullptr && earlier->reviewer != by.name)
      data["replaces"] = earlier->reviewer;
    std::erase_if(after.reviews, is_by(by));
    after.reviews.push_back(review(by, ReviewVerdict::deny, message));
    return {std::move(after), std::move(data)};
  }

  static int denials(const Request& request) {
    return static_cast<int>(
        std::count_if(request.reviews.begin(), request.reviews.end(),
                      [](const Review& review) { return review.verdict == ReviewVerdict::deny; }));
  }

  const Request& m_request;
  const policy::Roster& m_roster;
  util::Time m_now;
};

}  // namespace

Result apply(const Request& request, const Event& event, const policy::Roster& roster, util::Time now) {
  // Whoever forgot to settle must not profit from it.
  if (!std::holds_alternative<Deadline>(event)) {
    if (const auto settled = settle(request, now)) return not_now(settled->request);
  }
  return std::visit(Applier(request, roster, now), event);
}

int uses_begun(const Request& request) {
  // Break-glass starts once, however often an approval would have been good for.
  return request.review_by ? 1 : request.requirement.uses - request.uses_left;
}

std::variant<int, Refusal> use_to_report(const Request& request, const util::Json& outcome) {
  const int begun = uses_begun(request);
  if (begun < 1) return refuse(Kind::not_approved, request, "was never started");
  const auto is_reported = [&](int use) {
    return std::find(request.reported.begin(), request.reported.end(), use) != request.reported.end();
  };
  const auto named = outcome.is_object() ? outcome.find("use") : outcome.end();
  if (outcome.is_object() && named != outcome.end()) {
    if (!named->is_number_integer() || *named < 1 || *named > begun)
      return refuse(Kind::not_approved, request,
                    "was started " + util::counted(static_cast<std::size_t>(begun), "time"));
    if (!is_reported(named->get<int>())) return named->get<int>();
    return refuse(Kind::already_decided, request, "has the outcome of that use already");
  }
  for (int use = 1; use <= begun; ++use) {
    if (!is_reported(use)) return use;
  }
  return refuse(Kind::already_decided, request, "has all its outcomes already");
}

std::optional<Refusal> why_not_recorded(const Request& request, const Actor& by, int use) {
  if (by.name != request.requester)
    return refuse(Kind::not_requester, request, "was made by somebody else: only the requester records it");
  if (use < 1 || use > uses_begun(request))
    return refuse(Kind::not_approved, request, "was not started so often");
  if (std::find(request.reported.begin(), request.reported.end(), use) != request.reported.end())
    return refuse(Kind::already_decided, request, "has ended: nothing is added to its recording");
  return std::nullopt;
}

std::optional<util::Time> deadline_of(const Request& request) {
  switch (request.state) {
    case State::pending:
      return request.expires_at;
    case State::approved:
      // An approval without an end would be one for ever: it ended when it began.
      return request.valid_until.value_or(request.created_at);
    case State::denied:
    case State::expired:
    case State::withdrawn:
    case State::revoked:
    case State::lapsed:
    case State::changed:
    case State::started:
    case State::finished:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Transition> settle(const Request& request, util::Time now) {
  const auto deadline = deadline_of(request);
  if (!deadline || now < *deadline) return std::nullopt;
  Request after = request;
  const bool pending = request.state == State::pending;
  after.state = pending ? State::expired : State::lapsed;
  return moved(std::move(after), pending ? "expire" : "lapse", kClock,
               {{"deadline", util::to_rfc3339(*deadline)}});
}

Transition make_request(const Asked& asked, RequestId id, util::Time now) {
  const policy::Requirement& requirement = asked.verdict.requirement;
  if (asked.verdict.effect != policy::Effect::ask || requirement.uses < 1) {
    throw util::Error("a request was made for a verdict that does not ask");
  }
  Request request(std::move(id));
  request.digest = asked.digest;
  request.context_digest = asked.digest;
  request.rules = asked.verdict.rules;
  request.message = asked.verdict.message;
  request.requester = asked.by.name;
  request.requester_login = asked.by.login;
  request.reason = asked.reason;
  request.ticket = asked.ticket;
  request.earlier = asked.earlier;
  request.created_at = now;
  request.expires_at = now + std::min(requirement.expires, asked.wait.value_or(requirement.expires));
  request.uses_left = requirement.uses;
  request.requirement = requirement;
  request.context = asked.context;
  util::Json data = {{"digest", request.digest.text()},
                     {"line", nullptr},
                     {"rules", request.rules},
                     {"requirement", policy::to_json(requirement)},
                     {"reason", request.reason},
                     {"ticket", request.ticket},
                     {"expires_at", util::to_rfc3339(request.expires_at)}};
  const auto* line = asked.context ? context::find_in(*asked.context, "command.line") : nullptr;
  if (line != nullptr) data["line"] = *line;
  if (asked.context) data["context"] = shown_digest(*asked.context).text();
  if (asked.earlier) {
    data["earlier"] = asked.earlier->id.text();
    data["differences"] = asked.earlier->differences;
  }
  return moved(std::move(request), "ask", asked.by.name, std::move(data));
}

}  // namespace jit::approval
