#pragma once
#include <string>

namespace jit::util {

/// What a file holds that a policy names instead of a secret. Throws Error, without a word of what is in it,
/// for one that is missing, not to be trusted, readable by everybody, or not one line of printable ASCII.
/// `readers` is the group of those who must all be able to read it, for the hint; empty: this user alone.
std::string read_secret(const std::string& path, const std::string& readers = {});

}  // namespace jit::util
