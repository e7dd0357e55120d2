#pragma once
#include <string>

#include "approval/reach.hpp"
#include "policy/policy_set.hpp"

namespace jit::service {

/// Who of the requirement's groups can approve by this set: where only signatures count, those whom its
/// allowed signers name. Throws UsageError when these cannot be used.
policy::Roster able_to_approve(const policy::Set& set, const policy::Requirement& requirement);

/// Why what `requester` asks could not be approved as things are, however many people agreed, in words for
/// one line: which seats stay empty, and who has no key. Empty when it could. Never throws for the signers.
std::string why_out_of_reach(const policy::Set& set, const policy::Requirement& requirement,
                             const approval::Actor& requester);

}  // namespace jit::service
