#pragma once
#include "approval/request.hpp"
#include "policy/policy_set.hpp"
#include "util/digest.hpp"

namespace jit::backend {

/// Where the policies of this process count only signed approvals (`here`: what they say of the action now),
/// throws Error unless signatures that this process has verified fill the seats: over this request, as a
/// backend that is not trusted shows it, and over `digest`, which was computed here. The time is this
/// machine's, not the backend's.
void require_signatures(const policy::Set* policies, const approval::Request& request,
                        const util::Digest& digest, const policy::Verdict& here);

}  // namespace jit::backend
