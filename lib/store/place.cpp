#include "store/place.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

#include "util/digest.hpp"
#include "util/error.hpp"
#include "util/text.hpp"
#include "util/user.hpp"

namespace jit::store {
namespace {

std::string as_word(const std::string& path) {
  return util::visible(util::shell_quote(path));
}

std::string named(const std::string& path) {
  return "the store " + util::visible(path);
}

struct stat status_of(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw util::SystemError(errno, util::visible(path));
  return status;
}

void make_directories(const std::string& path) {
  struct stat status {};
  if (path.empty() || ::stat(path.c_str(), &status) == 0) return;
  const std::size_t slash = path.find_last_not_of('/') == std::string::npos ? 0 : path.rfind('/');
  if (slash != std::string::npos && slash > 0) make_directories(path.substr(0, slash));
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    throw util::SystemError(errno, "cannot make the directory " + util::visible(path),
                            "the store is kept there; the setting backend (local:DIRECTORY), or store of "
                            "jit-server, names another place");
  }
}

[[noreturn]] void cannot_open(int error, const std::string& path) {
  throw util::SystemError(
      error, named(path),
      "a store is shared by the group of its directory: ask its owner to add you, log in again; ls -ld " +
          as_word(path));
}

util::Fd open_directory(const std::string& path) {
  util::Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) cannot_open(errno, path);
  return fd;
}

std::string real_path_of(int fd) {
  std::array<char, PATH_MAX> target{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t n = ::readlink(link.c_str(), target.data(), target.size());
  if (n <= 0 || target[0] != '/' || static_cast<std::size_t>(n) >= target.size())
    throw util::SystemError(errno, link);
  return {target.data(), static_cast<std::size_t>(n)};
}

Place place_of(util::Fd fd) {
  Place place;
  place.directory = real_path_of(fd.get());
  place.fd = std::move(fd);
  struct statfs system {};
  if (::fstatfs(place.fd.get(), &system) != 0) throw util::SystemError(errno, named(place.directory));
  if (const auto name = shared_file_system(static_cast<long>(system.f_type))) {
    throw util::Error(
        named(place.directory) + " is on " + *name + ", where several machines' locks do not hold",
        "keep it on a local disk: --backend local:/some/local/directory");
  }
  place.shared = is_shared(status_of(place.fd.get(), place.directory).st_mode);
  return place;
}

// Whoever can replace a directory above the store can replace the store.
void require_safe_parents(std::string path) {
  while (path.size() > 1) {
    path.resize(std::max<std::size_t>(1, path.rfind('/')));
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) throw util::SystemError(errno, util::visible(path));
    if ((status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0) {
      throw util::Error("everybody may write " + util::visible(path) + ", a directory above the store",
                        "take that away: chmod o-w " + as_word(path));
    }
  }
}

void require_safe(const Place& place) {
  const struct stat status = status_of(place.fd.get(), place.directory);
  if ((status.st_mode & S_IWOTH) != 0) {
    throw util::Error(named(place.directory) + ": everybody may write it, and so decide for others",
                      "take that away: chmod o-w " + as_word(place.directory));
  }
  if (!place.shared && (status.st_mode & S_IWGRP) != 0) {
    throw util::Error(named(place.directory) + ": its group may write it, but it is not set up to be shared",
                      "for yourself: chmod 700 " + as_word(place.directory) + "; for a team: chmod 2770 " +
                          as_word(place.directory));
  }
  if (!place.shared && status.st_uid != ::geteuid()) {
    throw util::Error(
        named(place.directory) + " belongs to " + util::user_name(status.st_uid) + ", not to you",
        "be that user: sudo -u " + as_word(util::user_name(status.st_uid)) +
            " …; or, for a team without a server, share a directory of its group: jit-run-config(5)");
  }
  require_safe_parents(place.directory);
}

// A file with its final mode and owner from the first moment it can be seen: made aside, then linked into
// place.
void make_database_file(const Place& place) {
  const std::string aside = std::string(".") + kDatabaseFile + "." + util::hex(util::random_bytes(8));
  const util::Fd fd(
      ::openat(place.fd.get(), aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) {
    throw util::SystemError(errno, named(place.directory) + " cannot be made",
                            "the directory must be writable: ls -ld " + as_word(place.directory));
  }
  const bool linked = ::fchmod(fd.get(), place.file_mode()) == 0 &&
                      ::linkat(place.fd.get(), aside.c_str(), place.fd.get(), kDatabaseFile, 0) == 0;
  const int error = errno;
  ::unlinkat(place.fd.get(), aside.c_str(), 0);
  if (!linked && error != EEXIST) throw util::SystemError(error, named(place.directory) + " cannot be made");
  ::fsync(place.fd.get());
}

void require_safe_file(const Place& place, const struct stat& status) {
  const std::string path = place.database();
  if (!S_ISREG(status.st_mode)) {
    throw util::Error(named(path) + " is not a regular file",
                      "a symbolic link is not followed: move the database itself there");
  }
  const bool open_to_all = (status.st_mode & S_IWOTH) != 0;
  if (place.shared) {
    const struct stat directory = status_of(place.fd.get(), place.directory);
    if (open_to_all || status.st_gid != directory.st_gid || (status.st_mode & 0660) != 0660) {
      throw util::Error(
          named(path) + " is not its group's to write, or everybody's",
          "chgrp " + std::to_string(directory.st_gid) + " and chmod 660 " + as_word(path) + "*");
    }
    return;
  }
  if (status.st_uid != ::geteuid()) {
    throw util::Error(named(path) + " belongs to uid " + std::to_string(status.st_uid) + ", not to you",
                      "chown it, or move it away to start anew");
  }
  if (open_to_all || (status.st_mode & S_IWGRP) != 0) {
    throw util::Error(named(path) + ": others may write it",
                      "take that away: chmod go-w " + as_word(path) + "*");
  }
}

}  // namespace

std::optional<std::string> shared_file_system(long type) {
  struct Known {
    unsigned long type;
    const char* name;
  };
  // statfs(2) and linux/magic.h; FUSE may be local, but nothing tells.
  static constexpr std::array<Known, 17> kKnown{{{0x6969, "NFS"},
                                                 {0x517b, "SMB"},
                                                 {0xff534d42, "CIFS"},
                                                 {0xfe534d42, "SMB2"},
                                                 {0x65735546, "FUSE"},
                                                 {0x01021997, "9P"},
                                                 {0x5346414f, "AFS"},
                                                 {0x6b414653, "AFS"},
                                                 {0x73757245, "Coda"},
                                                 {0x564c, "NCP"},
                                                 {0x00c36400, "Ceph"},
                                                 {0x01161970, "GFS2"},
                                                 {0x7461636f, "OCFS2"},
                                                 {0x0bd00bd0, "Lustre"},
                                                 {0x47504653, "GPFS"},
                                                 {0x19830326, "BeeGFS"},
                                                 {0x786f4256, "a VirtualBox share"}}};
  for (const Known& known : kKnown) {
    if (known.type == (static_cast<unsigned long>(type) & 0xffffffffUL)) return known.name;
  }
  return std::nullopt;
}

bool is_shared(mode_t mode) {
  return (mode & S_ISGID) != 0 && (mode & S_IWGRP) != 0;
}

bool is_private(const std::string& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) return errno == ENOENT;
  return (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

std::string group_of(const std::string& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) return "";
  const bool alone = !is_shared(status.st_mode) && status.st_uid == ::geteuid();
  return alone ? "" : util::group_name(status.st_gid);
}

Place open_place(const std::string& directory) {
  make_directories(directory);
  Place place = place_of(open_directory(directory));
  require_safe(place);
  return place;
}

bool has_store(const std::string& directory) {
  struct stat status {};
  if (::stat((directory + "/" + kDatabaseFile).c_str(), &status) == 0) return true;
  if (errno != ENOENT) cannot_open(errno, directory);
  return false;
}

void require_store(const std::string& directory) {
  if (!has_store(directory)) {
    throw util::Error(
        "there is no store in " + util::visible(directory),
        "one is made with the first request, or when jit-server first serves; is the path right?");
  }
}

Place open_place_to_read(const std::string& directory) {
  require_store(directory);
  return place_of(open_directory(directory));
}

void prepare_database_file(const Place& place) {
  struct stat status {};
  const auto look = [&] {
    return ::fstatat(place.fd.get(), kDatabaseFile, &status, AT_SYMLINK_NOFOLLOW) == 0;
  };
  if (!look()) {
    if (errno != ENOENT) throw util::SystemError(errno, named(place.database()));
    make_database_file(place);
    if (!look()) throw util::SystemError(errno, named(place.database()));
  }
  require_safe_file(place, status);
}

}  // namespace jit::store
