#pragma once
#include <sys/types.h>

#include <optional>
#include <string>

#include "util/fd.hpp"

namespace jit::store {

inline constexpr const char* kDatabaseFile = "jit-run.db";
/// Held by the program that tells of what is in the outbox (flock(2)).
inline constexpr const char* kNotifierLock = "notify.lock";

/// The directory of a store, opened and found to be safe.
struct Place {
  std::string directory;  // without symbolic links
  util::Fd fd;
  /// Several people write here: the directory is setgid and group-writable, and so are the files, whatever
  /// the umask.
  bool shared = false;
  mode_t file_mode() const { return shared ? 0660 : 0600; }
  mode_t directory_mode() const { return shared ? 02770 : 0700; }
  std::string database() const { return directory + "/" + kDatabaseFile; }
};

/// Opens the directory for writing, making it (and what is above it) with mode 0700 where it is missing.
/// Throws Error when somebody else could change it, or when it is on a file system that machines share.
Place open_place(const std::string& directory);
/// False when there is no store in the directory, or no directory. Throws SystemError when that cannot be
/// told.
bool has_store(const std::string& directory);
/// Throws Error when there is none, SystemError when that cannot be told.
void require_store(const std::string& directory);
/// Opens it only for reading: whoever owns it may show it to us. Throws Error when there is no store in it.
Place open_place_to_read(const std::string& directory);

/// Whether a directory of this mode (see stat(2)) is one that several people write.
bool is_shared(mode_t mode);

/// Whether nobody but its owner, and root, can open what is in a directory; also where it is not there yet,
/// for so it is made.
bool is_private(const std::string& directory);

/// The group of those who use a store: of the directory, where several people write it or it is another
/// user's; empty where it is this user's alone, or not there.
std::string group_of(const std::string& directory);

/// Makes an empty database file with its final mode where there is none, and checks the one that is there.
/// Throws Error when it is a symbolic link, not a regular file, or somebody else's.
void prepare_database_file(const Place& place);

/// The name of a file system that several machines can share, on which SQLite's locks and shared memory do
/// not hold; nullopt for others. `type` is statfs(2)'s f_type.
std::optional<std::string> shared_file_system(long type);

}  // namespace jit::store
