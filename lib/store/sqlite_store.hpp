#pragma once
#include <memory>
#include <string>

#include "store/clock.hpp"
#include "store/store.hpp"

namespace jit::store {

enum class Access { read_only, read_write };

/// The embedded store: an SQLite database in `directory` (WAL, synchronous=FULL). Made when missing: personal
/// with mode 0700/0600; where the directory is there and setgid and group-writable, the files are the group's
/// (0660). To read only, it must be there. Throws Error with the remedy for a directory others may write, a
/// network file system, a full disk, a read-only, locked, corrupt, foreign or newer database. Not for use
/// across a fork.
std::unique_ptr<Store> open_sqlite(const std::string& directory, Access access = Access::read_write,
                                   Clock& clock = system_clock());

}  // namespace jit::store
