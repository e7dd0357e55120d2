#include "approval/claim.hpp"

#include <algorithm>

#include "approval/quorum.hpp"
#include "util/text.hpp"

namespace jit::approval {
namespace {

std::string seats_text(const policy::Requirement::Seats& seats) {
  std::vector<std::string> parts;
  for (const auto& [group, count] : seats) parts.push_back(std::to_string(count) + " of " + group);
  return util::join(parts, " and ");
}

// What of the requirement, as it is now, is not satisfied.
void check_requirement(const Request& request, const Actor& by, const policy::Requirement& now_required,
                       const policy::Roster& roster, util::Time now, std::vector<std::string>& problems) {
  const auto people = approvers(request, now_required, by);
  if (!is_met(now_required, people, roster)) {
    std::vector<std::string> alternatives;
    for (const auto& seats : missing_seats(now_required, people, roster))
      alternatives.push_back(seats_text(seats));
    problems.push_back((now_required.signatures
                            ? "the approvals with a valid signature do not suffice: still missing "
                            : "the approvals no longer suffice: still missing ") +
                       util::join(alternatives, " or "));
  }
  const auto denials =
      std::count_if(request.reviews.begin(), request.reviews.end(),
                    [](const Review& review) { return review.verdict == ReviewVerdict::deny; });
  if (denials > 0 && denials >= now_required.deny_threshold) {
    problems.push_back("the policy now counts " + std::to_string(denials) +
                       " denial as a denial of the request");
  }
  const int used = request.requirement.uses - request.uses_left;
  if (used >= now_required.uses) {
    problems.push_back("the policy now allows no more than " + std::to_string(now_required.uses) + " use");
  }
  if (request.requirement.record < now_required.record)
    problems.push_back("the policy now wants it recorded (" + policy::to_text(now_required.record) + ")");
  if (!request.valid_until ||
      now >= *request.valid_until - request.requirement.valid_for + now_required.valid_for) {
    problems.push_back("the policy now lets an approval stand for only " +
                       util::to_text(now_required.valid_for));
  }
}

}  // namespace

std::vector<std::string> what_differs(const Request& request, const Claim& claim,
                                      const policy::Roster& roster, util::Time now) {
  std::vector<std::string> problems = claim.differences;
  if (!(claim.digest == request.digest) && problems.empty() && !covers_by_rule(request, claim.verdict)) {
    problems.emplace_back("what would run is not what was approved");
  }
  const std::size_t differences = problems.size();
  switch (claim.verdict.effect) {
    case policy::Effect::deny: {
      const std::string rules = util::join(claim.verdict.rules, ", ");
      const std::string& message = claim.verdict.message;
      problems.push_back("the policy now denies it" + (rules.empty() ? "" : " (" + rules + ")") +
                         (message.empty() ? "" : ": " + message));
      break;
    }
    case policy::Effect::ask:
      check_requirement(request, claim.by, claim.verdict.requirement, roster, now, problems);
      break;
    case policy::Effect::allow:
      break;  // It needs no approval any more.
  }
  // The policies say something else than they did, though the action is the same: this may be why.
  if (problems.size() > differences) problems.insert(problems.end(), claim.news.begin(), claim.news.end());
  return problems;
}

}  // namespace jit::approval
