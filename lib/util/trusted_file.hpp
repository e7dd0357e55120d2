#pragma once
#include <sys/stat.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "util/fd.hpp"

namespace jit::util {

/// Which file this is and which version of it: equal identities mean the same bytes on a local file system.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  long mtime_seconds = 0, mtime_nanoseconds = 0;
  long ctime_seconds = 0, ctime_nanoseconds = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};
FileIdentity identity_of(const struct stat& status);
/// The same as text, for comparison only.
std::string stamp_of(const FileIdentity& identity);

/// Opens a file that decides something (policy, configuration, key): it, and every directory and symbolic
/// link on the way to it, must belong to root or to this user, and be writable by nobody else (a sticky
/// directory such as /tmp may be, on the way). The descriptor is checked, not the path; a FIFO or device is
/// refused without waiting for it. nullopt when there is no such file. Throws UsageError when it must not be
/// trusted, SystemError otherwise.
struct TrustedFile {
  Fd fd;
  struct stat status {};
};
std::optional<TrustedFile> open_trusted(const std::string& path);
/// The same for a directory.
std::optional<TrustedFile> open_trusted_directory(const std::string& path);
/// The same, and its bytes. Throws UsageError when it is longer than `limit`.
std::optional<std::string> read_trusted(const std::string& path, std::size_t limit);

}  // namespace jit::util
