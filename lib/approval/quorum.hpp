#pragma once
#include <set>
#include <string>
#include <vector>

#include "approval/request.hpp"
#include "policy/groups.hpp"

namespace jit::approval {

/// Whether these are one person: by name (whatever the case of its letters), or by who logged in.
bool same_person(const std::string& name, const std::string& login, const std::string& other_name,
                 const std::string& other_login);
/// Whether this person made the request, under whatever name.
bool is_own(const Request& request, const std::string& name, const std::string& login);

/// The people whose latest review is an approval that may count: not the requester's (by name or by login)
/// unless `self`, each person once. Where only signatures count, those whose signature was verified.
std::set<std::string> approvers(const Request& request, const policy::Requirement& requirement);

/// The same at the claim by `claimant`, whose own reviews do not count whatever the request says of its
/// requester.
std::set<std::string> approvers(const Request& request, const policy::Requirement& requirement,
                                const Actor& claimant);

/// For each alternative, the seats that remain empty when people fill as many as they can, one seat each (a
/// maximum bipartite matching).
std::vector<policy::Requirement::Seats> missing_seats(const policy::Requirement& requirement,
                                                      const std::set<std::string>& people,
                                                      const policy::Roster& roster);

/// Whether some alternative is filled.
bool is_met(const policy::Requirement& requirement, const std::set<std::string>& people,
            const policy::Roster& roster);

/// Whether a review by this person can count at all: in a group that the requirement names, and not the
/// requester (unless `self`).
bool is_eligible(const Request& request, const Actor& person, const policy::Roster& roster);
std::vector<std::string> eligible_people(const Request& request, const policy::Roster& roster);

/// Why the person may not run first and be reviewed afterwards, in words; empty when they may.
std::string why_no_break_glass(const policy::Requirement& requirement, const Actor& person,
                               const policy::Roster& roster);
/// Whether an approval of `request` is one of whatever its rules ask about, and these now ask about this.
bool covers_by_rule(const Request& request, const policy::Verdict& now);

/// Whether it has run by break-glass and nobody has looked at it yet.
bool awaits_review(const Request& request);

/// The groups whose members must be resolved for this requirement.
std::set<std::string> groups_of(const policy::Requirement& requirement);

/// For people to look at: a signature that is there was found valid when it came, and is not verified again.
View view_of(const Request& request, const policy::Roster& roster);

}  // namespace jit::approval
