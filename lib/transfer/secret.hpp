#pragma once
#include <string>

namespace jit::transfer {

/// What a file holds that a policy names instead of a secret. Throws util::Error, without a word of what is
/// in it, for one that is missing, not to be trusted, readable by everybody, or not one line of printable
/// ASCII.
std::string read_secret(const std::string& path);

}  // namespace jit::transfer
