#include <algorithm>
#include <functional>
#include <set>

#include "policy/draft.hpp"
#include "util/text.hpp"

namespace jit::policy {
namespace {

void note(Draft& draft, const Place& place, std::string text) {
  draft.problems.push_back({place.file, place.node.mark, std::move(text)});
}

std::vector<std::string> names_of(const std::map<std::string, Place>& places) {
  std::vector<std::string> names;
  for (const auto& [name, place] : places) names.push_back(name);
  return names;
}

const std::vector<std::string>* members_of(const Draft& draft, const std::string& name) {
  for (const auto& group : draft.set.groups) {
    if (group->name == name) return &group->members;
  }
  return nullptr;
}

// Who may fill a group's seats, as far as the policy itself names the people: who is in a group of the
// machine is not known here. nullopt where it might be anybody.
std::optional<std::vector<std::string>> people_of(const Draft& draft, const std::string& group,
                                                  bool only_signers) {
  const auto* members = members_of(draft, group);
  const bool open =
      members == nullptr || std::any_of(members->begin(), members->end(),
                                        [](const auto& member) { return member.starts_with("unix:"); });
  if (!only_signers) return open ? std::nullopt : std::optional(*members);
  std::vector<std::string> people(draft.signers.begin(), draft.signers.end());
  if (!open) {
    std::erase_if(people, [&](const auto& person) {
      return std::find(members->begin(), members->end(), person) == members->end();
    });
  }
  return people;
}

// Whether the seats can be filled by distinct people, or might be.
bool can_be_filled(const Draft& draft, const Requirement::Seats& seats, bool only_signers = false) {
  std::vector<std::vector<std::string>> chairs;
  for (const auto& [group, count] : seats) {
    if (const auto people = people_of(draft, group, only_signers))
      chairs.insert(chairs.end(), static_cast<std::size_t>(count), *people);
  }
  std::map<std::string, std::size_t> seated;  // person → chair
  std::set<std::string> asked;
  const std::function<bool(std::size_t)> fill = [&](std::size_t chair) {
    for (const auto& person : chairs[chair]) {
      if (!asked.insert(person).second) continue;
      const auto holder = seated.find(person);
      if (holder != seated.end() && !fill(holder->second)) continue;
      seated[person] = chair;
      return true;
    }
    return false;
  };
  for (std::size_t chair = 0; chair < chairs.size(); ++chair) {
    asked.clear();
    if (!fill(chair)) return false;
  }
  return true;
}

void check_seats(Draft& draft) {
  auto known = names_of(draft.groups);
  known.emplace_back(kAnyone);
  known.emplace_back(kOwners);
  for (const auto& [place, seats] : draft.seats) {
    bool all_known = true;
    for (const auto& [group, count] : seats) {
      if (std::find(known.begin(), known.end(), group) != known.end()) continue;
      all_known = false;
      note(draft, place, "unknown group \"" + group + "\"" + util::did_you_mean(group, known));
    }
    if (!all_known || can_be_filled(draft, seats)) continue;
    std::vector<std::string> words;
    for (const auto& [group, count] : seats) words.push_back(std::to_string(count) + " of " + group);
    note(draft, place,
         "nobody could approve: " + util::join(words, " and ") + " is more people than there are");
  }
}

void check_names(Draft& draft) {
  for (const auto& [place, variable] : draft.captured) {
    const auto& env = draft.set.env;
    if (std::find(env.begin(), env.end(), variable) != env.end()) continue;
    note(draft, place,
         "unknown path \"env." + variable + "\": \"env\" of no policy captures it" +
             util::did_you_mean(variable, env));
  }
  const auto rules = names_of(draft.rules);
  for (const auto& [place, rule] : draft.expected) {
    if (draft.rules.contains(rule)) continue;
    note(draft, place, "unknown rule \"" + rule + "\"" + util::did_you_mean(rule, rules));
  }
}

void check_systems(Draft& draft) {
  for (const auto& [place, system] : draft.about) {
    if (!draft.systems.contains(system))
      note(draft, place,
           "unknown system \"" + system + "\"" + util::did_you_mean(system, names_of(draft.systems)));
  }
}

void check_signers(Draft& draft) {
  if (!draft.allowed_signers) {
    for (const auto& [place, seats] : draft.only_signed)
      note(draft, place,
           "nobody could approve: only signatures count here, and no file of the set names "
           "\"allowed_signers\"");
    if (draft.revoked_signers && draft.only_signed.empty())
      note(draft, *draft.revoked_signers, "\"revoked_signers\" without \"allowed_signers\"");
    return;
  }
  if (draft.signers.empty()) return;  // what is wrong with that file is said
  for (const auto& [place, from] : draft.only_signed) {
    const bool possible = from.empty() || std::any_of(from.begin(), from.end(), [&](const auto& seats) {
                            return can_be_filled(draft, seats, true);
                          });
    if (!possible)
      note(draft, place,
           "nobody could approve: only signatures count here, and too few have a key in \"allowed_signers\"");
  }
}

void check_channels(Draft& draft) {
  const auto known = names_of(draft.channels);
  for (const auto& [place, channel] : draft.told) {
    if (draft.channels.contains(channel)) continue;
    note(draft, place,
         "unknown channel \"" + channel + "\": \"channels\" of no policy has it" +
             util::did_you_mean(channel, known));
  }
}

void check_sources(Draft& draft) {
  if (!draft.sources.empty()) return;
  for (const auto& [place, path] : draft.warned)
    note(draft, place,
         path +
             " is never there: \"warnings\" of no policy names a source (warnings: {alerts: {alertmanager: "
             "URL}})");
}

}  // namespace

void check_whole(Draft& draft) {
  check_owners(draft);
  check_signers(draft);
  check_seats(draft);
  check_names(draft);
  check_channels(draft);
  check_sources(draft);
  check_systems(draft);
}

}  // namespace jit::policy
