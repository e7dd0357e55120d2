#pragma once
#include <string>

namespace jit::cli {

/// What tells that a file, or the files of a directory, changed; for comparison only.
std::string stamp_of(const std::string& path);

}  // namespace jit::cli
