#pragma once
#include <sys/types.h>

#include <optional>
#include <string>

namespace jit::store {

/// A user, and a group for the case that the system does not know the user.
struct Owner {
  uid_t user;
  gid_t group;
};

/// What a store is to whoever looks, found out with nothing made and nothing changed.
struct Inspection {
  bool exists = false;
  bool older = false;  // it is brought up to date when it is opened for writing
  /// Whose it is, where that is another user: then only they can serve it.
  std::optional<Owner> other_owner;
};

/// Throws Error for a store that could not be opened, with the remedy.
Inspection inspect(const std::string& directory);
/// The part of it that can always be told: also where the directory is closed to us. A store that several
/// people write is whoever's may write there; but what root opens there would become root's.
std::optional<Owner> other_owner(const std::string& directory);

}  // namespace jit::store
