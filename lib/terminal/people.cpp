// Who must decide, and who did, in words.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "terminal/facts.hpp"
#include "terminal/render.hpp"
#include "util/text.hpp"

namespace jit::terminal {
namespace {

using approval::ReviewVerdict;
using approval::State;
using policy::Requirement;
using util::visible;

// More names than this help nobody who waits; `full` has them all.
constexpr std::size_t kMostNames = 6;

std::string seats_text(const Requirement::Seats& seats) {
  std::vector<std::string> parts;
  for (const auto& [group, count] : seats) parts.push_back(std::to_string(count) + " of " + visible(group));
  return util::join(parts, " and ");
}

// Whose review could still count: eligible, and has not approved yet.
std::vector<std::string> still_to_decide(const approval::View& view) {
  std::set<std::string> decided;
  for (const auto& review : view.request.reviews) decided.insert(review.reviewer);
  std::vector<std::string> names;
  for (const auto& person : view.eligible) {
    if (!decided.contains(person)) names.push_back(visible(person));
  }
  return names;
}

std::string names_text(std::vector<std::string> names) {
  if (names.empty()) return " (nobody)";
  if (names == std::vector<std::string>{policy::kAnyone}) return "";
  const std::size_t more = names.size() > kMostNames ? names.size() - kMostNames + 1 : 0;
  names.resize(names.size() - more);
  const std::string rest = more > 0 ? " and " + std::to_string(more) + " more" : "";
  return " (" + util::join(names, ", ") + rest + ")";
}

std::string by(const approval::View& view, ReviewVerdict verdict) {
  std::vector<std::string> names;
  for (const auto& review : view.request.reviews) {
    if (review.verdict == verdict) names.push_back(visible(review.reviewer));
  }
  return names.empty() ? "" : " by " + util::join(names, ", ");
}

// Who said no, and what they said; "denied" or, after an approval, "revoked".
std::string refusal(const char* what, const approval::View& view) {
  std::string text = what + by(view, ReviewVerdict::deny);
  for (const auto& review : view.request.reviews) {
    if (review.verdict == ReviewVerdict::deny && !review.message.empty())
      text += ": " + visible(review.message);
  }
  return text;
}

// What came of looking at it afterwards.
std::string after_break_glass(const approval::View& view) {
  const std::string acknowledged = by(view, ReviewVerdict::acknowledge);
  const std::string disputed = by(view, ReviewVerdict::dispute);
  if (!disputed.empty()) return ", DISPUTED" + disputed;
  if (!acknowledged.empty()) return ", acknowledged" + acknowledged;
  return ", to be reviewed by " + util::to_rfc3339(*view.request.review_by);
}

std::string ending(const util::Json& outcome) {
  const std::string text = ending_text(outcome);
  return text.empty() ? "" : ": " + text;
}

}  // namespace

std::string ending_text(const util::Json& outcome) {
  const auto& status = member(outcome, "status");
  const auto& signal = member(outcome, "signal");
  const auto& duration = member(outcome, "duration_ms");
  std::string text;
  if (!status.is_null()) text = "exit code " + visible(text_of(status));
  if (!signal.is_null()) text = "killed by signal " + visible(text_of(signal));
  if (text.empty() || !duration.is_number_integer() || duration < 0) return text;
  return text + " after " + util::to_text(util::Millis{duration.get<std::int64_t>()});
}

std::string whom(const approval::View& view) {
  auto alternatives = view.missing;
  std::erase_if(alternatives, [](const auto& seats) { return seats.empty(); });
  if (alternatives.empty()) alternatives = view.request.requirement.alternatives();
  std::vector<std::string> parts;
  parts.reserve(alternatives.size());
  for (const auto& seats : alternatives) parts.push_back(seats_text(seats));
  return util::join(parts, " or ") + names_text(still_to_decide(view));
}

std::string decision(const approval::View& view) {
  const auto& request = view.request;
  switch (request.state) {
    case State::pending:
      return "waiting for " + whom(view);
    case State::approved:
      return "approved" + by(view, ReviewVerdict::approve);
    case State::denied:
      return refusal("denied", view);
    case State::expired:
      return "expired: no decision within " + util::to_text(request.expires_at - request.created_at);
    case State::withdrawn:
      return "withdrawn";
    case State::revoked:
      return refusal("revoked", view);
    case State::lapsed:
      return "lapsed: approved, and not started in time";
    case State::changed:
      return "changed: what would have run was not what was approved";
    case State::started:
      if (request.review_by) return "started by break-glass" + after_break_glass(view);
      return "started" + (by(view, ReviewVerdict::approve).empty()
                              ? ""
                              : ", approved" + by(view, ReviewVerdict::approve));
    case State::finished: {
      const std::string after = request.review_by ? ", break-glass" + after_break_glass(view) : "";
      return "finished" + (request.outcome ? ending(*request.outcome) : "") + after;
    }
  }
  return "unknown";
}

}  // namespace jit::terminal
