#include "store/inspect.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "store/database.hpp"
#include "store/place.hpp"
#include "store/schema.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::store {
namespace {

bool is_there(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

// As serving will find it. Makes nothing, for all of it is there.
void require_servable(const std::string& directory) {
  const Place place = open_place(directory);
  prepare_database_file(place);
  if (::faccessat(place.fd.get(), kDatabaseFile, W_OK, AT_EACCESS) != 0)
    throw util::SystemError(errno, "the store " + util::visible(place.database()) + " cannot be written");
}

// SQLite makes the -wal file where it is not; and where it is not, nobody is writing.
Database::Mode mode_of(const Place& place) {
  const bool in_use = is_there(place.database() + "-wal") && is_there(place.database() + "-shm");
  return in_use ? Database::Mode::read_only : Database::Mode::immutable;
}

// Whether one could be made, with the directories above it that are not there.
void require_room_for(std::string directory) {
  struct stat status {};
  while (directory.size() > 1 && ::stat(directory.c_str(), &status) != 0 && errno == ENOENT)
    directory.resize(std::max<std::size_t>(directory.find_last_of('/'), 1));
  if (::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    throw util::SystemError(errno, "no store can be made in " + util::visible(directory),
                            "make its directory, and give it to the user who serves");
}

}  // namespace

std::optional<Owner> other_owner(const std::string& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) return std::nullopt;
  if (is_shared(status.st_mode) && ::geteuid() != 0) return std::nullopt;
  if (status.st_uid != ::geteuid()) return Owner{status.st_uid, status.st_gid};
  if (::lstat((directory + "/" + kDatabaseFile).c_str(), &status) != 0) return std::nullopt;
  return status.st_uid != ::geteuid() ? std::optional(Owner{status.st_uid, status.st_gid}) : std::nullopt;
}

Inspection inspect(const std::string& directory) {
  Inspection found;
  found.other_owner = other_owner(directory);
  found.exists = has_store(directory);
  if (!found.exists) {
    require_room_for(directory);
    return found;
  }
  if (!found.other_owner) require_servable(directory);
  const Place place = open_place_to_read(directory);
  Database database(place.database(), mode_of(place));
  found.older = !is_newest(database);
  return found;
}

}  // namespace jit::store
