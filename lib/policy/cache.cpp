#include "policy/cache.hpp"

#include <compiled_generated.h>
#include <fcntl.h>
#include <sys/mman.h>
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

// Whose bytes these are, and, in its two digits, what they mean; the schema's own hash follows it.
constexpr std::string_view kMagic = "jitpol01" JIT_SCHEMA;
constexpr std::size_t kHeader = 32;  // and a checksum: what follows is aligned
static_assert(kMagic.size() + sizeof(std::uint64_t) == kHeader);
constexpr std::size_t kLargest = 256U << 20U;
constexpr long kRacyNanoseconds = 100'000'000;

// Takes the place of FlatBuffers' verifier, which takes five times as long and would not see a changed value:
// this detects damage, every single flipped bit among others. Malice it does not, so owner and mode are
// checked.
std::uint64_t checksum(std::string_view bytes) {
  std::array<std::uint64_t, 4> lanes{0xcbf29ce484222325U ^ bytes.size(), 1, 2, 3};
  const auto mix = [](std::uint64_t& lane, std::uint64_t word) {
    lane = (lane ^ word) * 0x9e3779b97f4a7c15U;
    lane ^= lane >> 32U;
  };
  std::array<std::uint64_t, 4> words{};
  for (; bytes.size() >= sizeof words; bytes.remove_prefix(sizeof words)) {
    std::memcpy(words.data(), bytes.data(), sizeof words);
    for (std::size_t i = 0; i < words.size(); ++i) mix(lanes[i], words[i]);
  }
  for (const char c : bytes) mix(lanes[0], static_cast<unsigned char>(c));
  for (std::size_t i = 1; i < lanes.size(); ++i) mix(lanes[0], lanes[i]);
  return lanes[0];
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

bool is_same(const compiled::Identity& then, const struct stat& status) {
  const auto now = util::identity_of(status);
  return then.device() == now.device && then.inode() == now.inode && then.size() == now.size &&
         then.mtime_seconds() == now.mtime_seconds && then.mtime_nanoseconds() == now.mtime_nanoseconds &&
         then.ctime_seconds() == now.ctime_seconds && then.ctime_nanoseconds() == now.ctime_nanoseconds;
}

// Trusted still, and what it was.
bool is_unchanged(const compiled::SignerFile* packed) {
  if (packed == nullptr) return true;
  try {
    const auto file = util::open_trusted(packed->path()->str());
    return file && is_same(*packed->identity(), file->status);
  } catch (const util::Error&) {
    return false;  // to load it says what is wrong
  }
}

bool belongs_to(std::string_view bytes, const std::vector<PolicyFile>& files) {
  const compiled::Set& set = *compiled::GetSet(bytes.data());
  if (set.program()->str() != JIT_VERSION || set.files()->size() != files.size()) return false;
  for (std::uint32_t i = 0; i < files.size(); ++i) {
    const compiled::File& packed = *set.files()->Get(i);
    if (packed.identity() == nullptr || packed.path()->str() != files[i].path ||
        !is_same(*packed.identity(), files[i].file.status))
      return false;
  }
  return is_unchanged(set.allowed_signers()) && is_unchanged(set.revoked_signers());
}

// The compiled form that a cache file holds, when it is whole. Mapped: only who owns the file could change it
// now, and whoever replaces it makes a new one.
std::optional<Bytes> read_compiled(const std::string& name, const Cache& cache) {
  const util::Fd fd(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) || !is_ours(status, cache))
    return std::nullopt;
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size <= kHeader || size > kLargest) return std::nullopt;
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd.get(), 0);
  if (mapped == MAP_FAILED) return std::nullopt;
  const std::shared_ptr<const void> owner(mapped, [size](void* start) { ::munmap(start, size); });
  const std::string_view whole(static_cast<const char*>(mapped), size);
  const std::string_view bytes = whole.substr(kHeader);
  std::uint64_t sum = 0;
  std::memcpy(&sum, whole.data() + kMagic.size(), sizeof sum);
  if (!whole.starts_with(kMagic) || sum != checksum(bytes)) return std::nullopt;
  return Bytes{owner, bytes};
}

// Younger than its file system's clock can tell apart, or from the future.
bool is_racy(const struct stat& status) {
  struct timespec now {};
  if (::clock_gettime(CLOCK_REALTIME, &now) != 0) return true;
  const auto too_new = [&](const struct timespec& time) {
    const long seconds = now.tv_sec - time.tv_sec;
    if (seconds > 1) return false;
    return seconds * 1'000'000'000L + (now.tv_nsec - time.tv_nsec) < kRacyNanoseconds;
  };
  return too_new(status.st_mtim) || too_new(status.st_ctim);
}

bool is_racy(const compiled::SignerFile* packed) {
  if (packed == nullptr) return false;
  struct stat status {};
  return ::stat(packed->path()->c_str(), &status) != 0 || is_racy(status);
}

bool is_any_racy(const std::vector<PolicyFile>& files, std::string_view bytes) {
  const compiled::Set& set = *compiled::GetSet(bytes.data());
  return std::any_of(files.begin(), files.end(),
                     [](const auto& file) { return is_racy(file.file.status); }) ||
         is_racy(set.allowed_signers()) || is_racy(set.revoked_signers());
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

std::optional<Bytes> load_cache(const Cache& cache, const std::string& path,
                                const std::vector<PolicyFile>& files) {
  if (cache.directory.empty()) return std::nullopt;
  auto bytes = read_compiled(cache_path(cache, path), cache);
  return bytes && belongs_to(bytes->view, files) ? std::move(bytes) : std::nullopt;
}

void store_cache(const Cache& cache, const std::string& path, const std::vector<PolicyFile>& files,
                 std::string_view bytes) {
  if (cache.directory.empty() || is_any_racy(files, bytes)) return;
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
