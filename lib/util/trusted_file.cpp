#include "util/trusted_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::util {
namespace {

bool ours(const struct stat& status) {
  return status.st_uid == 0 || status.st_uid == ::geteuid();
}

bool writable_by_others(const struct stat& status) {
  return (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

void require_trusted(const struct stat& status, const std::string& path) {
  if (!ours(status)) {
    throw UsageError(
        visible(path) + ": owned by uid " + std::to_string(status.st_uid) + ", who is neither root nor you",
        "own it yourself: chown " + std::to_string(::geteuid()) + " " + visible(shell_quote(path)));
  }
  if (writable_by_others(status)) {
    throw UsageError(visible(path) + ": others may write it",
                     "take that away: chmod go-w " + visible(shell_quote(path)));
  }
}

void require_trusted_directory(const struct stat& status, const std::string& path) {
  const bool sticky = (status.st_mode & S_ISVTX) != 0;
  if (ours(status) && (!writable_by_others(status) || sticky)) return;
  throw UsageError(visible(path) + ": a directory on the way to a trusted file, and others may change it",
                   "it must belong to root or to you, and be writable by nobody else");
}

std::string target_of(const std::string& link) {
  std::array<char, PATH_MAX> target{};
  const ssize_t n = ::readlink(link.c_str(), target.data(), target.size());
  if (n <= 0) throw SystemError(errno, visible(link));
  if (static_cast<std::size_t>(n) >= target.size()) throw SystemError(ENAMETOOLONG, visible(link));
  return {target.data(), static_cast<std::size_t>(n)};
}

std::string absolute(const std::string& path) {
  if (path.starts_with('/')) return path;
  std::array<char, PATH_MAX> directory{};
  if (::getcwd(directory.data(), directory.size()) == nullptr)
    throw SystemError(errno, "the working directory");
  if (directory[0] != '/') throw SystemError(ENOENT, "the working directory");
  return std::string(directory.data()) + "/" + path;
}

// Takes the first part off a path: "a" off "//a/b".
std::string take_part(std::string& path) {
  const std::size_t start = std::min(path.find_first_not_of('/'), path.size());
  const std::size_t end = std::min(path.find('/', start), path.size());
  std::string part = path.substr(start, end - start);
  path.erase(0, end);
  return part;
}

// Goes the way that the kernel goes from the root, through symbolic links too (path_resolution(7)): whoever
// can change a directory or a link on it decides which file it is. Gives what is at its end.
struct stat walk_trusted(const std::string& path) {
  constexpr int kMaxLinks = 40;  // as the kernel's MAXSYMLINKS
  std::string rest = absolute(path);
  std::string here;  // without links; "" is the root
  int links = 0;
  struct stat status {};
  if (::lstat("/", &status) != 0) throw SystemError(errno, "/");
  while (true) {
    const std::string part = take_part(rest);
    if (part.empty()) return status;
    require_trusted_directory(status, here.empty() ? "/" : here);
    const std::string before = here;
    if (part == "..") {
      here.resize(here.empty() ? 0 : here.rfind('/'));
    } else if (part != ".") {
      here += "/" + part;
    }
    if (::lstat(here.empty() ? "/" : here.c_str(), &status) != 0) throw SystemError(errno, visible(path));
    if (!S_ISLNK(status.st_mode)) continue;
    if (!ours(status)) {
      throw UsageError(visible(here) + ": a symbolic link of uid " + std::to_string(status.st_uid) +
                       ", who is neither root nor you");
    }
    if (++links > kMaxLinks) throw SystemError(ELOOP, visible(path));
    const std::string target = target_of(here);
    rest.insert(0, target);
    here = target.starts_with('/') ? "" : before;
    if (::lstat(here.empty() ? "/" : here.c_str(), &status) != 0) throw SystemError(errno, visible(path));
  }
}

std::optional<TrustedFile> open_checked(const std::string& path, int flags, mode_t type,
                                        const char* expected) {
  TrustedFile file;
  // O_NONBLOCK: a FIFO in its place must not hold us up.
  file.fd = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags));
  if (!file.fd) {
    // ENOTDIR: HOME=/dev/null, as daemons have it.
    if (errno == ENOENT || (errno == ENOTDIR && (flags & O_DIRECTORY) == 0)) return std::nullopt;
    throw SystemError(errno, visible(path));
  }
  if (::fstat(file.fd.get(), &file.status) != 0) throw SystemError(errno, visible(path));
  if ((file.status.st_mode & S_IFMT) != type) throw UsageError(visible(path) + ": not " + expected);
  require_trusted(file.status, path);
  const struct stat reached = walk_trusted(path);
  if (reached.st_dev != file.status.st_dev || reached.st_ino != file.status.st_ino) {
    throw UsageError(visible(path) + ": replaced while it was opened");
  }
  return file;
}

}  // namespace

FileIdentity identity_of(const struct stat& status) {
  return {status.st_dev,          status.st_ino,         status.st_size,        status.st_mtim.tv_sec,
          status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec};
}

std::string stamp_of(const FileIdentity& identity) {
  std::string text;
  for (const long long part :
       {static_cast<long long>(identity.device), static_cast<long long>(identity.inode),
        static_cast<long long>(identity.size), static_cast<long long>(identity.mtime_seconds),
        static_cast<long long>(identity.mtime_nanoseconds), static_cast<long long>(identity.ctime_seconds),
        static_cast<long long>(identity.ctime_nanoseconds)}) {
    text += (text.empty() ? "" : ".") + std::to_string(part);
  }
  return text;
}

std::optional<TrustedFile> open_trusted(const std::string& path) {
  return open_checked(path, 0, S_IFREG, "a regular file");
}

std::optional<TrustedFile> open_trusted_directory(const std::string& path) {
  return open_checked(path, O_DIRECTORY, S_IFDIR, "a directory");
}

std::optional<std::string> read_trusted(const std::string& path, std::size_t limit) {
  const auto file = open_trusted(path);
  if (!file) return std::nullopt;
  auto bytes = read_all(file->fd.get(), limit, visible(path));
  if (!bytes) throw UsageError(visible(path) + ": longer than " + std::to_string(limit) + " bytes");
  return bytes;
}

}  // namespace jit::util
