#pragma once
#include <string>

namespace jit::store {

/// Writes the store of `directory`, as it is at one moment, into the new file `copy` (mode 0600), durably,
/// while others go on using it. Throws Error; then there is no such file.
void back_up(const std::string& directory, const std::string& copy);

/// Begins to make a store of such a copy in `directory`, where none may be yet: gives the directory within it
/// where that store is for the time being, so that what must be done to it first is done before anybody can
/// use it. Throws Error; UsageError for a copy that somebody else could have changed.
std::string stage_copy(const std::string& copy, const std::string& directory);
/// Puts it in its place, at once and durably. Throws Error; then there is still no store.
void adopt_copy(const std::string& directory);
/// Gives it up.
void drop_copy(const std::string& directory) noexcept;

}  // namespace jit::store
