#pragma once
#include <string>
#include <vector>

#include "context/source.hpp"
#include "policy/policy_set.hpp"
#include "policy/verdict.hpp"

namespace jit::policy {

/// The warnings because of which a set denies this, as it was found to, in words, the gravest first: those
/// that are active where it would not deny if none were. Empty where it denies all the same.
std::vector<std::string> denied_by_warnings(const Set& set, context::Source& source, Effect fallback);

}  // namespace jit::policy
