#pragma once
#include <string>
#include <vector>

#include "approval/life_cycle.hpp"

namespace jit::approval {

/// Why this claim of an approved request must not get its permit, in words; empty when nothing is in the way:
/// the action is the one that was approved, and the reviews satisfy the requirement as it is now.
std::vector<std::string> what_differs(const Request& request, const Claim& claim,
                                      const policy::Roster& roster, util::Time now);

}  // namespace jit::approval
