#pragma once
#include <string>

namespace jit::store {

/// Writes the store of `directory`, as it is at one moment, into the new file `copy` (mode 0600), durably,
/// while others go on using it. Throws Error; then there is no such file.
void back_up(const std::string& directory, const std::string& copy);

/// Makes a store of such a copy in `directory`, where none may be yet. Throws Error; then there is still
/// none. What it holds is as old as the copy: see server::end_what_was_open.
void restore(const std::string& copy, const std::string& directory);

}  // namespace jit::store
