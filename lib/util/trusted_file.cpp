#include "util/trusted_file.hpp"

#include <fcntl.h>
#include <unistd.h>

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

// Where the descriptor really is, symbolic links resolved.
std::string path_of(int fd) {
  std::array<char, PATH_MAX> target{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t n = ::readlink(link.c_str(), target.data(), target.size());
  if (n <= 0 || static_cast<std::size_t>(n) >= target.size() || target[0] != '/')
    throw SystemError(errno, link);
  return {target.data(), static_cast<std::size_t>(n)};
}

void require_trusted_parents(std::string path) {
  while (path.size() > 1) {
    path.resize(std::max<std::size_t>(1, path.rfind('/')));
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) throw SystemError(errno, visible(path));
    const bool sticky = (status.st_mode & S_ISVTX) != 0;
    if (!ours(status) || (writable_by_others(status) && !sticky)) {
      throw UsageError(visible(path) + ": a directory above a trusted file, and others may change it",
                       "it must belong to root or to you, and be writable by nobody else");
    }
  }
}

std::optional<TrustedFile> open_checked(const std::string& path, int flags, mode_t type,
                                        const char* expected) {
  TrustedFile file;
  // O_NONBLOCK: a FIFO in its place must not hold us up.
  file.fd = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags));
  if (!file.fd) {
    if (errno == ENOENT) return std::nullopt;
    throw SystemError(errno, visible(path));
  }
  if (::fstat(file.fd.get(), &file.status) != 0) throw SystemError(errno, visible(path));
  if ((file.status.st_mode & S_IFMT) != type) throw UsageError(visible(path) + ": not " + expected);
  require_trusted(file.status, path);
  require_trusted_parents(path_of(file.fd.get()));
  return file;
}

}  // namespace

FileIdentity identity_of(const struct stat& status) {
  return {status.st_dev,          status.st_ino,         status.st_size,        status.st_mtim.tv_sec,
          status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec};
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
