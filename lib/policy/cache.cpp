#include "policy/cache.hpp"

#include <compiled_generated.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "policy/set_data.hpp"
#include "util/error.hpp"

namespace jit::policy {
namespace {

// Changes whenever the bytes, or what they mean, change.
constexpr std::string_view kMagic = "jitpol01";
constexpr std::size_t kHeader = 16;  // the magic and a checksum: what follows is aligned
constexpr std::size_t kLargest = 256U << 20U;
constexpr long kRacyNanoseconds = 100'000'000;

// Detects damage (every single flipped bit among others), not malice: who can write the file is checked.
std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t sum = 0xcbf29ce484222325U ^ bytes.size();
  const auto mix = [&](std::uint64_t word) {
    sum = (sum ^ word) * 0x9e3779b97f4a7c15U;
    sum ^= sum >> 32U;
  };
  while (bytes.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    mix(word);
    bytes.remove_prefix(sizeof word);
  }
  for (const char c : bytes) mix(static_cast<unsigned char>(c));
  return sum;
}

// FNV-1a: only a name for a file, whose content says what it belongs to.
std::string name_of(const std::string& path) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
  return digits.data();
}

bool is_ours(const struct stat& status, const Cache& cache) {
  const bool owner = status.st_uid == 0 || (!cache.guarded && status.st_uid == ::geteuid());
  return owner && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool is_same(const compiled::File& packed, const PolicyFile& file) {
  if (packed.identity() == nullptr || packed.path()->str() != file.path) return false;
  const auto& then = *packed.identity();
  const auto now = util::identity_of(file.file.status);
  return then.device() == now.device && then.inode() == now.inode && then.size() == now.size &&
         then.mtime_seconds() == now.mtime_seconds && then.mtime_nanoseconds() == now.mtime_nanoseconds &&
         then.ctime_seconds() == now.ctime_seconds && then.ctime_nanoseconds() == now.ctime_nanoseconds;
}

bool belongs_to(const std::string& bytes, const std::vector<PolicyFile>& files) {
  const compiled::Set& set = *compiled::GetSet(bytes.data());
  if (set.program()->str() != JIT_VERSION || set.files()->size() != files.size()) return false;
  for (std::uint32_t i = 0; i < files.size(); ++i) {
    if (!is_same(*set.files()->Get(i), files[i])) return false;
  }
  return true;
}

// The compiled form that a cache file holds, when it is whole.
std::optional<std::string> read_compiled(const std::string& name, const Cache& cache) {
  const util::Fd fd(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) || !is_ours(status, cache))
    return std::nullopt;
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size <= kHeader || size > kLargest) return std::nullopt;
  std::array<char, kHeader> header{};
  std::string bytes(size - kHeader, '\0');
  if (::pread(fd.get(), header.data(), kHeader, 0) != static_cast<ssize_t>(kHeader)) return std::nullopt;
  if (::pread(fd.get(), bytes.data(), bytes.size(), kHeader) != static_cast<ssize_t>(bytes.size()))
    return std::nullopt;
  std::uint64_t sum = 0;
  std::memcpy(&sum, header.data() + kMagic.size(), sizeof sum);
  if (std::string_view(header.data(), kMagic.size()) != kMagic || sum != checksum(bytes)) return std::nullopt;
  if (!is_verified(bytes)) return std::nullopt;
  return bytes;
}

// Younger than its file system's clock can tell apart, or from the future.
bool is_racy(const PolicyFile& file) {
  struct timespec now {};
  if (::clock_gettime(CLOCK_REALTIME, &now) != 0) return true;
  const auto too_new = [&](const struct timespec& time) {
    const long seconds = now.tv_sec - time.tv_sec;
    if (seconds > 1) return false;
    return seconds * 1'000'000'000L + (now.tv_nsec - time.tv_nsec) < kRacyNanoseconds;
  };
  return too_new(file.file.status.st_mtim) || too_new(file.file.status.st_ctim);
}

// The directory and those above it; fails in silence, and then the file cannot be made either.
void make_directory(const std::string& path) {
  for (std::size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1)) {
    (void)::mkdir(path.substr(0, end).c_str(), 0700);
  }
  (void)::mkdir(path.c_str(), 0700);
}

bool is_writable_place(const Cache& cache) {
  struct stat status {};
  if (::lstat(cache.directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return false;
  return is_ours(status, cache) && (!cache.guarded || ::geteuid() == 0);
}

}  // namespace

std::string cache_path(const Cache& cache, const std::string& path) {
  return cache.directory + "/policies-" + name_of(path) + ".bin";
}

std::optional<std::string> load_cache(const Cache& cache, const std::string& path,
                                      const std::vector<PolicyFile>& files) {
  if (cache.directory.empty()) return std::nullopt;
  auto bytes = read_compiled(cache_path(cache, path), cache);
  return bytes && belongs_to(*bytes, files) ? std::move(bytes) : std::nullopt;
}

void store_cache(const Cache& cache, const std::string& path, const std::vector<PolicyFile>& files,
                 const std::string& bytes) {
  if (cache.directory.empty() || std::any_of(files.begin(), files.end(), is_racy)) return;
  if (!cache.guarded) make_directory(cache.directory);
  if (!is_writable_place(cache)) return;
  const std::string name = cache_path(cache, path);
  const std::string temporary = name + "." + std::to_string(::getpid()) + ".tmp";
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
  const util::Fd fd(::open(temporary.c_str(), flags, cache.guarded ? 0644 : 0600));
  if (!fd) return;
  const std::uint64_t sum = checksum(bytes);
  std::string header(kMagic);
  header.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  const bool written = util::write_all(fd.get(), header) && util::write_all(fd.get(), bytes);
  // The umask may have taken away what every user needs to read.
  if (!written || (cache.guarded && ::fchmod(fd.get(), 0644) != 0) ||
      ::rename(temporary.c_str(), name.c_str()) != 0) {
    (void)::unlink(temporary.c_str());
  }
}

}  // namespace jit::policy
