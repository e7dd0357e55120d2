#pragma once
#include <string>

#include "policy/policy_set.hpp"

namespace jit::cli {

/// Warns on stderr of a person whom neither the groups of the policies nor the user database know: more
/// likely a slip than somebody.
void warn_of_stranger(const char* program, const policy::Set& policies, const std::string& name);

}  // namespace jit::cli
