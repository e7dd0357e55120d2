#include <algorithm>

#include "policy/systems.hpp"
#include "util/text.hpp"

namespace jit::policy {
namespace {

constexpr const char* kWhatNext = " (jit-policy explain -- COMMAND shows what matches)";

std::string why_no_owners(const std::vector<System>& systems, const std::vector<std::string>& rules) {
  const std::string who = (rules.size() == 1 ? "rule " : "rules ") + util::join(rules, ", ") +
                          (rules.size() == 1 ? " wants" : " want");
  if (systems.empty())
    return who + " an owner of the system that this is about, and none of the policies' systems matches it" +
           kWhatNext;
  std::vector<std::string> unowned;
  for (const auto& system : systems) {
    if (system.owners.empty()) unowned.push_back(system.name);
  }
  return who + " an owner of each system that this is about, and " + util::join(unowned, ", ") +
         (unowned.size() == 1 ? " has none" : " have none") + kWhatNext;
}

bool all_owned(const std::vector<System>& systems) {
  return !systems.empty() && std::none_of(systems.begin(), systems.end(),
                                          [](const auto& system) { return system.owners.empty(); });
}

Requirement::Seats with_owners(Requirement::Seats seats, const std::vector<System>& systems) {
  const auto owners = seats.find(kOwners);
  if (owners == seats.end()) return seats;
  const int count = owners->second;
  seats.erase(owners);
  for (const auto& system : systems) {
    int& seat = seats[owners_of(system.name)];
    seat = std::max(seat, count);
  }
  return seats;
}

// In each list that names them, the owners of each system; without any, they are nobody.
void permit_owners(const std::vector<System>& systems, std::optional<BreakGlass>& permitted) {
  if (!permitted) return;
  std::vector<std::vector<std::string>> from;
  for (auto groups : permitted->from) {
    if (std::erase(groups, kOwners) == 0 || systems.empty()) {
      from.push_back(std::move(groups));
      continue;
    }
    for (const auto& system : systems) {
      from.push_back(groups);
      from.back().push_back(owners_of(system.name));
    }
  }
  permitted->from = std::move(from);
  if (std::any_of(permitted->from.begin(), permitted->from.end(),
                  [](const auto& groups) { return groups.empty(); }))
    permitted.reset();
}

}  // namespace

void seat_owners(const std::vector<System>& systems, Verdict& verdict) {
  auto& from = verdict.requirement.from;
  const auto asks_owners = [](const Requirement::Seats& seats) { return seats.contains(kOwners); };
  permit_owners(systems, verdict.requirement.break_glass);
  if (std::none_of(from.begin(), from.end(), asks_owners)) return;
  if (!all_owned(systems)) {
    // The seats of "owners" stay, which is nobody's group: nothing can fill them.
    if (std::all_of(from.begin(), from.end(), asks_owners)) {
      verdict.unapprovable = why_no_owners(systems, verdict.rules);
    } else {
      std::erase_if(from, asks_owners);
    }
    return;
  }
  for (auto& seats : from) seats = with_owners(std::move(seats), systems);
}

}  // namespace jit::policy
