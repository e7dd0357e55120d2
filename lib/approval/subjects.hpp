#pragma once
#include <string>
#include <vector>

#include "util/json.hpp"

namespace jit::approval {

/// What one command has in common with the same command of another time, whoever runs it and wherever: the
/// SHA-256 of its words as they are shown. Empty where it has none.
std::string command_fingerprint(const util::Json& context);

/// The names of the systems that a context says it is about, without repeats.
std::vector<std::string> system_names(const util::Json& context);

}  // namespace jit::approval
