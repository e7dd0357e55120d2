#pragma once
#include <vector>

#include "context/source.hpp"
#include "live/source.hpp"
#include "policy/policy_set.hpp"

namespace jit::policy {

/// The sources of warnings with the labels that select what is about this context. A label that cannot be
/// told for certain (another command is run inside, the command line can be read in several ways, something
/// is empty, redacted or no UTF-8) is left out: then all warnings of that source count.
std::vector<live::Source> sources_for(const Set& set, context::Source& source);

}  // namespace jit::policy
