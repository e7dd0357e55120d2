#include "context/file_hashes.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <vector>

#include "util/digest.hpp"
#include "util/fd.hpp"

namespace jit::context {
namespace {

// Kernels stamp files with the time of the last tick, at most 10 ms ago; some file systems are coarser.
constexpr std::int64_t kGranularityNanoseconds = 100'000'000;

// File systems whose identities this kernel itself keeps. Of network and user-space ones nothing is known.
bool is_local(int fd) {
  constexpr std::array<unsigned long, 13> kLocal = {0xef53 /* ext */,
                                                    0x58465342 /* xfs */,
                                                    0x9123683e /* btrfs */,
                                                    0x01021994 /* tmpfs */,
                                                    0x794c7630 /* overlay */,
                                                    0xf2f52010 /* f2fs */,
                                                    0x2fc12fc1 /* zfs */,
                                                    0x73717368 /* squashfs */,
                                                    0x858458f6 /* ramfs */,
                                                    0xe0f5e1e2 /* erofs */,
                                                    0xca451a4e /* bcachefs */,
                                                    0x3153464a /* jfs */,
                                                    0x9660 /* iso9660 */};
  struct statfs status {};
  if (::fstatfs(fd, &status) != 0) return false;
  return std::find(kLocal.begin(), kLocal.end(), static_cast<unsigned long>(status.f_type)) != kLocal.end();
}

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

bool changed_just_now(const struct stat& status) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const std::int64_t latest = std::max(nanoseconds(status.st_mtim), nanoseconds(status.st_ctim));
  return nanoseconds(now) - latest < kGranularityNanoseconds;
}

// nullopt when it cannot be read, or is longer than `limit` by now.
std::optional<std::string> read_and_hash(int fd, std::uint64_t limit) {
  util::Sha256 digest;
  std::vector<char> buffer(1U << 17U);
  std::uint64_t total = 0;
  while (true) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    if (n == 0) return digest.finish();
    total += static_cast<std::uint64_t>(n);
    if (total > limit) return std::nullopt;
    digest.update({buffer.data(), static_cast<std::size_t>(n)});
  }
}

}  // namespace

FileHash FileHashes::hash(const std::string& path, std::uint64_t limit) {
  FileHash result = look(path, limit);
  m_stamps[path] = result.stamp;
  return result;
}

std::vector<std::string> FileHashes::changed() const {
  std::vector<std::string> paths;
  for (const auto& [path, stamp] : m_stamps) {
    struct stat status {};
    const bool there = ::stat(path.c_str(), &status) == 0;
    if ((there ? util::stamp_of(util::identity_of(status)) : "") != stamp) paths.push_back(path);
  }
  return paths;
}

FileHash FileHashes::look(const std::string& path, std::uint64_t limit) {
  FileHash result;
  // Looked at before it is opened: opening a device can have effects.
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    result.why = "cannot be looked at";
    result.exists = errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG && errno != ELOOP;
    return result;
  }
  result.exists = true;
  result.regular = S_ISREG(status.st_mode);
  const util::FileIdentity seen = util::identity_of(status);
  result.size = status.st_size;
  result.stamp = util::stamp_of(seen);
  if (!result.regular) {
    result.why = "not a regular file";
    return result;
  }
  const util::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    result.why = "cannot be read";
    return result;
  }
  const util::FileIdentity identity = util::identity_of(status);
  result.size = status.st_size;
  if (!(identity == seen)) result.stamp = util::stamp_of(identity);
  if (static_cast<std::uint64_t>(status.st_size) > limit) {
    result.why = "larger than " + std::to_string(limit >> 20U) + " MiB";
    return result;
  }
  const auto key = std::pair(status.st_dev, status.st_ino);
  if (const auto known = m_known.find(key); known != m_known.end() && known->second.identity == identity) {
    result.sha256 = known->second.sha256;
    return result;
  }
  m_known.erase(key);
  ++m_reads;
  const bool settled = is_local(file.get()) && !changed_just_now(status);
  auto sha256 = read_and_hash(file.get(), limit);
  if (!sha256) {
    result.why = "cannot be read";
    return result;
  }
  struct stat after {};
  if (::fstat(file.get(), &after) != 0 || util::identity_of(after) != identity) {
    result.why = "changes while it is read";
    return result;
  }
  if (settled) m_known[key] = {identity, *sha256};
  result.sha256 = std::move(sha256);
  return result;
}

}  // namespace jit::context
