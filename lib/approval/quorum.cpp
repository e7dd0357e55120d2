#include "approval/quorum.hpp"

#include <algorithm>
#include <map>

#include "util/text.hpp"

namespace jit::approval {
namespace {

using Seats = policy::Requirement::Seats;

bool is_member(const std::string& person, const std::string& group, const policy::Roster& roster) {
  if (group == policy::kAnyone) return true;
  const auto members = roster.find(group);
  return members != roster.end() && members->second.contains(person);
}

// Fills the seats of one alternative, person by person, along augmenting paths (Kuhn's algorithm with several
// seats a group). Each person who can be seated at all is, if need be by moving others, so the result is
// maximum.
class Seating {
 public:
  Seating(const Seats& seats, const policy::Roster& roster) : m_seats(seats), m_roster(roster) {}

  void seat(const std::string& person) {
    m_tried.clear();
    place(person);
  }

  Seats empty() const {
    Seats seats;
    for (const auto& [group, count] : m_seats) {
      const auto taken = m_taken.find(group);
      const int filled = taken == m_taken.end() ? 0 : static_cast<int>(taken->second.size());
      if (count > filled) seats[group] = count - filled;
    }
    return seats;
  }

 private:
  bool place(const std::string& person) {
    for (const auto& [group, count] : m_seats) {
      if (count < 1 || !is_member(person, group, m_roster) || !m_tried.insert(group).second) continue;
      auto& taken = m_taken[group];
      if (taken.size() < static_cast<std::size_t>(count)) {
        taken.push_back(person);
        return true;
      }
      for (auto& other : taken) {
        if (place(other)) {
          other = person;
          return true;
        }
      }
    }
    return false;
  }

  const Seats& m_seats;
  const policy::Roster& m_roster;
  std::map<std::string, std::vector<std::string>> m_taken;
  std::set<std::string> m_tried;
};

std::string folded(std::string name) {
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

Seats empty_seats(const Seats& seats, const std::set<std::string>& people, const policy::Roster& roster) {
  Seating seating(seats, roster);
  for (const auto& person : people) seating.seat(person);
  return seating.empty();
}

// An alternative without seats, or with a count that is none, would be filled by nobody: it is never met.
bool is_possible(const Seats& seats) {
  return !seats.empty() &&
         std::all_of(seats.begin(), seats.end(), [](const auto& seat) { return seat.second >= 1; });
}

}  // namespace

bool same_person(const std::string& name, const std::string& login, const std::string& other_name,
                 const std::string& other_login) {
  const auto same = [](const std::string& a, const std::string& b) {
    return !a.empty() && folded(a) == folded(b);
  };
  return same(name, other_name) || same(name, other_login) || same(login, other_name) ||
         same(login, other_login);
}

bool is_own(const Request& request, const std::string& name, const std::string& login) {
  return same_person(request.requester, request.requester_login, name, login);
}

std::set<std::string> approvers(const Request& request, const policy::Requirement& requirement) {
  std::set<std::string> people;
  std::vector<const Review*> counted;
  for (const Review& review : request.reviews) {
    if (review.verdict != ReviewVerdict::approve) continue;
    if (requirement.signatures && !review.verified) continue;
    if (!requirement.self && is_own(request, review.reviewer, review.login)) continue;
    const bool again = std::any_of(counted.begin(), counted.end(), [&](const Review* other) {
      return same_person(review.reviewer, review.login, other->reviewer, other->login);
    });
    if (again) continue;
    counted.push_back(&review);
    people.insert(review.reviewer);
  }
  return people;
}

std::set<std::string> approvers(const Request& request, const policy::Requirement& requirement,
                                const Actor& claimant) {
  if (requirement.self) return approvers(request, requirement);
  Request by_others = request;
  std::erase_if(by_others.reviews, [&](const Review& review) {
    return same_person(review.reviewer, review.login, claimant.name, claimant.login);
  });
  return approvers(by_others, requirement);
}

std::vector<Seats> missing_seats(const policy::Requirement& requirement, const std::set<std::string>& people,
                                 const policy::Roster& roster) {
  std::vector<Seats> missing;
  for (const Seats& seats : requirement.alternatives()) {
    missing.push_back(empty_seats(seats, people, roster));
  }
  return missing;
}

bool is_met(const policy::Requirement& requirement, const std::set<std::string>& people,
            const policy::Roster& roster) {
  const auto alternatives = requirement.alternatives();
  return std::any_of(alternatives.begin(), alternatives.end(), [&](const Seats& seats) {
    return is_possible(seats) && empty_seats(seats, people, roster).empty();
  });
}

bool is_eligible(const Request& request, const Actor& person, const policy::Roster& roster) {
  if (person.name.empty()) return false;
  if (!request.requirement.self && is_own(request, person.name, person.login)) return false;
  const auto alternatives = request.requirement.alternatives();
  return std::any_of(alternatives.begin(), alternatives.end(), [&](const Seats& seats) {
    return std::any_of(seats.begin(), seats.end(),
                       [&](const auto& seat) { return is_member(person.name, seat.first, roster); });
  });
}

std::vector<std::string> eligible_people(const Request& request, const policy::Roster& roster) {
  std::set<std::string> people;
  for (const Seats& seats : request.requirement.alternatives()) {
    for (const auto& [group, count] : seats) {
      if (group == policy::kAnyone) return {policy::kAnyone};
      const auto members = roster.find(group);
      if (members == roster.end()) continue;
      for (const auto& member : members->second) {
        if (request.requirement.self || !is_own(request, member, "")) people.insert(member);
      }
    }
  }
  return {people.begin(), people.end()};
}

std::string why_no_break_glass(const policy::Requirement& requirement, const Actor& person,
                               const policy::Roster& roster) {
  if (!requirement.break_glass) return "its rules do not permit break-glass: ask without it";
  for (const auto& groups : requirement.break_glass->from) {
    const bool is_in = std::any_of(groups.begin(), groups.end(), [&](const std::string& group) {
      return is_member(person.name, group, roster);
    });
    if (!is_in)
      return "break-glass is for " + util::join(groups, " or ") + ", and " + person.name + " is not of them";
  }
  return person.name.empty() ? "nobody knows who asks" : "";
}

bool covers_by_rule(const Request& request, const policy::Verdict& now) {
  return request.requirement.any_of_rule && now.effect == policy::Effect::ask &&
         now.requirement.any_of_rule && !request.rules.empty() && now.rules == request.rules;
}

bool awaits_review(const Request& request) {
  return request.review_by &&
         std::none_of(request.reviews.begin(), request.reviews.end(), [](const Review& review) {
           return review.verdict == ReviewVerdict::acknowledge || review.verdict == ReviewVerdict::dispute;
         });
}

std::set<std::string> groups_of(const policy::Requirement& requirement) {
  std::set<std::string> groups;
  if (requirement.break_glass) {
    for (const auto& list : requirement.break_glass->from) groups.insert(list.begin(), list.end());
    groups.erase(policy::kAnyone);
  }
  for (const Seats& seats : requirement.alternatives()) {
    for (const auto& [group, count] : seats) {
      if (group != policy::kAnyone) groups.insert(group);
    }
  }
  return groups;
}

namespace {

// As somebody is told who does not verify: what has a signature was found valid when it came.
std::set<std::string> approvers_as_told(const Request& request) {
  if (!request.requirement.signatures) return approvers(request, request.requirement);
  Request told = request;
  for (Review& review : told.reviews) review.verified = review.signature.has_value();
  return approvers(told, request.requirement);
}

}  // namespace

View view_of(const Request& request, const policy::Roster& roster) {
  return {request, missing_seats(request.requirement, approvers_as_told(request), roster),
          eligible_people(request, roster)};
}

}  // namespace jit::approval
