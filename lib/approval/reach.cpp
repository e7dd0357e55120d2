#include "approval/reach.hpp"

#include <algorithm>

#include "approval/quorum.hpp"

namespace jit::approval {
namespace {

using Seats = policy::Requirement::Seats;

// The request that it would be, with an approval by everybody who is known.
Request approved_by_all(const policy::Requirement& requirement, const Actor& requester,
                        const policy::Roster& roster) {
  Request request(RequestId::random());
  request.requester = requester.name;
  request.requester_login = requester.login;
  request.requirement = requirement;
  for (const auto& [group, members] : roster) {
    for (const auto& member : members) {
      if (is_eligible(request, {member, "", false}, roster))
        request.reviews.push_back({member, ReviewVerdict::approve, "", {}, std::nullopt, "", true});
    }
  }
  return request;
}

// As many others as there are seats for anyone; no group has them.
void add_strangers(const Seats& seats, std::set<std::string>& people) {
  const auto found = seats.find(policy::kAnyone);
  const int count = found == seats.end() ? 0 : found->second;
  for (int i = 0; i < count; ++i) people.insert("\n" + std::to_string(i));
}

Reach::Alternative alternative(const Seats& seats, const std::set<std::string>& approvers,
                               const policy::Roster& roster) {
  Reach::Alternative result;
  result.seats = seats;
  auto people = approvers;
  add_strangers(seats, people);
  policy::Requirement only;
  only.from = {seats};
  result.missing = missing_seats(only, people, roster).front();
  for (const auto& [group, count] : seats) {
    auto& members = result.people[group];
    const auto known = roster.find(group);
    if (known == roster.end()) continue;
    std::copy_if(known->second.begin(), known->second.end(), std::back_inserter(members),
                 [&](const std::string& member) { return approvers.contains(member); });
  }
  return result;
}

}  // namespace

Reach reach(const policy::Requirement& requirement, const Actor& requester, const policy::Roster& roster) {
  const Request request = approved_by_all(requirement, requester, roster);
  const auto people = approvers(request, requirement);
  Reach result;
  for (const Seats& seats : requirement.alternatives()) {
    result.alternatives.push_back(alternative(seats, people, roster));
    result.is_possible = result.is_possible || result.alternatives.back().missing.empty();
  }
  return result;
}

}  // namespace jit::approval
