#include <algorithm>
#include <nlohmann/json.hpp>

#include "context/source.hpp"
#include "policy/regexes.hpp"
#include "service/service.hpp"
#include "util/text.hpp"

namespace jit::service {
namespace {

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

}  // namespace

std::string Service::missing_condition(const policy::Verdict& verdict, const std::string& reason,
                                       const std::string& ticket) {
  if (!verdict.unapprovable.empty()) return "nobody could approve it: " + verdict.unapprovable;
  const std::string who = verdict.rules.empty() ? "the policy requires "
                          : verdict.rules.size() == 1
                              ? "rule " + verdict.rules.front() + " requires "
                              : "rules " + util::join(verdict.rules, ", ") + " require ";
  std::vector<std::string> missing;
  if (verdict.requirement.reason && is_blank(reason)) missing.emplace_back("a reason: --reason TEXT");
  for (const std::string& pattern : verdict.requirement.tickets) {
    if (policy::matches_whole(pattern, ticket)) continue;
    missing.push_back("a ticket that matches " + pattern +
                      (is_blank(ticket) ? "" : ", and " + ticket + " does not") + ": --ticket ID");
  }
  return missing.empty() ? "" : who + util::join(missing, "; and ");
}

bool Service::lacks_input(const policy::Verdict& verdict, const util::Json& context) {
  if (verdict.effect != policy::Effect::ask || !verdict.requirement.bind_input) return false;
  const util::Json* bound = context::find_in(context, "command.stdin.sha256");
  return bound == nullptr || !bound->is_string();
}

bool Service::can_review(const approval::View& view, const approval::Actor& person) {
  const approval::Request& request = view.request;
  const bool afterwards = approval::awaits_review(request);
  if (request.state != approval::State::pending && !afterwards) return false;
  if (afterwards && approval::is_own(request, person.name, person.login)) return false;
  if (!request.requirement.self && approval::is_own(request, person.name, person.login)) return false;
  const bool eligible = std::any_of(view.eligible.begin(), view.eligible.end(), [&](const std::string& name) {
    return name == person.name || name == policy::kAnyone;
  });
  return eligible && std::none_of(request.reviews.begin(), request.reviews.end(), [&](const auto& review) {
           return approval::same_person(review.reviewer, review.login, person.name, person.login);
         });
}

}  // namespace jit::service
