#include <algorithm>

#include "policy/draft.hpp"

namespace jit::policy {
namespace {

// Groups do not hold groups: what stands here are people, and groups of the machine.
std::vector<std::string> members_of_owners(const Draft& draft, const compiled::SystemT& system) {
  std::set<std::string> members;
  for (const auto& owner : system.owners) {
    const auto group = std::find_if(draft.set.groups.begin(), draft.set.groups.end(),
                                    [&](const auto& known) { return known->name == owner; });
    if (group == draft.set.groups.end()) {
      members.insert(owner);
    } else {
      members.insert((*group)->members.begin(), (*group)->members.end());
    }
  }
  return {members.begin(), members.end()};
}

}  // namespace

void check_owners(Draft& draft) {
  std::vector<std::unique_ptr<compiled::GroupT>> made;
  for (const auto& system : draft.set.systems) {
    if (system->owners.empty()) continue;
    auto group = std::make_unique<compiled::GroupT>();
    group->name = owners_of(system->name);
    group->members = members_of_owners(draft, *system);
    draft.groups.try_emplace(group->name, draft.systems.at(system->name));
    made.push_back(std::move(group));
  }
  const bool any_owned = !made.empty();
  std::move(made.begin(), made.end(), std::back_inserter(draft.set.groups));
  for (const auto& [place, seats] : draft.seats) {
    if (any_owned || !seats.contains(kOwners)) continue;
    draft.problems.push_back({place.file, place.node.mark,
                              "nobody could approve: \"owners\" are those of the systems that a command is "
                              "about, and \"systems\" of no policy has any"});
  }
}

}  // namespace jit::policy
