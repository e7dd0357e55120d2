#pragma once
#include <sys/types.h>

#include <optional>
#include <string>

namespace jit::store {

/// What a store is to whoever looks, found out with nothing made and nothing changed.
struct Inspection {
  bool exists = false;
  bool older = false;  // it is brought up to date when it is opened for writing
  /// Whose it is, where that is another user: then only they can serve it.
  std::optional<uid_t> other_owner;
};

/// Throws Error for a store that could not be opened, with the remedy.
Inspection inspect(const std::string& directory);
/// The part of it that can always be told: also where the directory is closed to us.
std::optional<uid_t> other_owner(const std::string& directory);

}  // namespace jit::store
