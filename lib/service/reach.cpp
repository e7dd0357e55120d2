#include "service/reach.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "approval/quorum.hpp"
#include "signature/allowed_signers.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::service {
namespace {

using approval::Reach;

// More names than this help nobody who waits.
constexpr std::size_t kMostMissing = 6;

std::string names_of(const std::set<std::string>& people) {
  std::vector<std::string> names(people.begin(), people.end());
  if (names.size() <= kMostMissing) return util::join(names, ", ");
  const std::size_t more = names.size() - kMostMissing;
  names.resize(kMostMissing);
  return util::join(names, ", ") + " and " + std::to_string(more) + " more";
}

// "1 of sre and 2 of dba are missing; or 1 of lead is missing"
std::string missing_text(const Reach& reach) {
  std::vector<std::string> alternatives;
  for (const auto& alternative : reach.alternatives) {
    std::vector<std::string> parts;
    int seats = 0;
    for (const auto& [group, count] : alternative.missing) {
      parts.push_back(std::to_string(count) + " of " + group);
      seats += count;
    }
    alternatives.push_back(util::join(parts, " and ") + (seats == 1 ? " is missing" : " are missing"));
  }
  return util::join(alternatives, "; or ");
}

// Who would be eligible, and cannot sign: what is to be done is to give them a key.
std::set<std::string> without_key(const policy::Roster& all, const policy::Roster& able,
                                  const policy::Requirement& requirement, const approval::Actor& requester) {
  std::set<std::string> people;
  for (const auto& [group, members] : all) {
    const auto& signers = able.at(group);
    for (const auto& member : members) {
      const bool can_sign = std::find(signers.begin(), signers.end(), member) != signers.end();
      const bool is_own = approval::same_person(member, "", requester.name, requester.login);
      if (!can_sign && (requirement.self || !is_own)) people.insert(member);
    }
  }
  return people;
}

std::set<std::string> people_of(const Reach& reach) {
  std::set<std::string> people;
  for (const auto& alternative : reach.alternatives) {
    for (const auto& [group, members] : alternative.people) people.insert(members.begin(), members.end());
  }
  return people;
}

std::string why_missing(const policy::Set& set, const policy::Requirement& requirement,
                        const approval::Actor& requester) {
  const auto able = able_to_approve(set, requirement);
  const Reach reach = approval::reach(requirement, requester, able);
  if (reach.is_possible) return "";
  const std::string missing = missing_text(reach) + ": ";
  if (requirement.signatures) {
    const auto all = set.groups().resolve(approval::groups_of(requirement));
    const auto people = without_key(all, able, requirement, requester);
    if (!people.empty())
      return missing + names_of(people) + (people.size() == 1 ? " has" : " have") +
             " no key among the allowed signers";
  }
  const auto people = people_of(reach);
  return missing + (people.empty() ? "nobody" : "only " + names_of(people)) + " can give an approval";
}

}  // namespace

policy::Roster able_to_approve(const policy::Set& set, const policy::Requirement& requirement) {
  auto roster = set.groups().resolve(approval::groups_of(requirement));
  if (!requirement.signatures) return roster;
  const auto signers = signature::load_allowed_signers(set.signer_files().allowed).people;
  for (auto& [group, people] : roster)
    std::erase_if(people, [&](const std::string& person) { return !signers.contains(person); });
  return roster;
}

std::string why_out_of_reach(const policy::Set& set, const policy::Requirement& requirement,
                             const approval::Actor& requester) {
  try {
    return why_missing(set, requirement, requester);
  } catch (const util::UsageError& error) {
    return error.what();  // no signature can be verified before that is mended
  }
}

}  // namespace jit::service
