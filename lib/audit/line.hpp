#pragma once
#include <string>

#include "audit/chain.hpp"

namespace jit::audit {

/// One entry for a person, on one line, foreign text made visible; an entry that is damaged is shown as such.
std::string to_log_line(const Entry& entry);

}  // namespace jit::audit
