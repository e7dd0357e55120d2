#pragma once
#include <map>
#include <memory>
#include <string>

#include "approval/life_cycle.hpp"
#include "approval/request.hpp"
#include "util/digest.hpp"
#include "util/json.hpp"

namespace jit::approval {

/// The context as it is shown and bound: with the labels that the rules give it (theirs stand over the
/// requester's).
std::shared_ptr<const util::Json> labelled(const util::Json& context,
                                           const std::map<std::string, std::string>& labels);

/// The same with the labels of a verdict, the systems that it is about, and what the requester's labels said
/// otherwise (`overridden_labels`).
std::shared_ptr<const util::Json> labelled(const util::Json& context, const policy::Verdict& verdict);

/// The digest that a request's approval is bound to. Throws Error for a context that cannot be hashed.
util::Digest bound_digest(const util::Json& context);

/// SHA-256 of the whole context as it is stored (compact JSON): also of what no approval is bound to, and
/// approvers see. The trail keeps it.
util::Digest shown_digest(const util::Json& context);

/// The claim of `request` for a context as it is now (already labelled).
Claim make_claim(const Request& request, const Actor& by, const util::Json& context,
                 const policy::Verdict& verdict);

}  // namespace jit::approval
