#include "store/doorbells.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <ctime>

namespace jit::store {
namespace {

constexpr const char* kDirectory = "wake";
constexpr const char* kSwept = ".swept";
constexpr std::time_t kBetweenSweeps = 3600;
constexpr std::uint32_t kEvents = IN_ATTRIB | IN_MODIFY | IN_CREATE | IN_DELETE | IN_DELETE_SELF;

class InotifyWatch final : public Watch {
 public:
  // `path` is what to look at; without one, or when the machine has no watches left, this watch is mute.
  explicit InotifyWatch(const std::string& path) {
    if (path.empty()) return;
    m_fd = util::Fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (m_fd && ::inotify_add_watch(m_fd.get(), path.c_str(), kEvents) < 0) m_fd.reset();
  }
  int fd() const override { return m_fd.get(); }
  void drain() override {
    std::array<char, 4096> events{};
    while (m_fd && ::read(m_fd.get(), events.data(), events.size()) > 0) {
    }
  }

 private:
  util::Fd m_fd;
};

struct CloseListing {
  void operator()(DIR* listing) const { ::closedir(listing); }
};

std::string path_of(const util::Fd& fd) {
  return fd ? "/proc/self/fd/" + std::to_string(fd.get()) : "";
}

}  // namespace

Doorbells::Doorbells(const Place& place, bool may_write)
    : m_file_mode(place.file_mode()), m_may_write(may_write) {
  if (may_write && ::mkdirat(place.fd.get(), kDirectory, 0700) == 0) {
    (void)!::fchmodat(place.fd.get(), kDirectory, place.directory_mode(), 0);
  }
  m_directory =
      util::Fd(::openat(place.fd.get(), kDirectory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

util::Fd Doorbells::open_bell(const std::string& name) {
  if (!m_directory) return {};
  const int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  if (!m_may_write) return util::Fd(::openat(m_directory.get(), name.c_str(), O_RDONLY | flags));
  util::Fd fd(::openat(m_directory.get(), name.c_str(), O_WRONLY | flags));
  if (fd) return fd;
  fd = util::Fd(::openat(m_directory.get(), name.c_str(), O_WRONLY | O_CREAT | flags, m_file_mode));
  if (fd)
    ::fchmod(fd.get(),
             m_file_mode);  // The umask may have taken the group's part; only the maker can do this.
  return fd;
}

void Doorbells::ring(const approval::RequestId& id, bool is_over) {
  if (const util::Fd bell = open_bell(id.text())) ::futimens(bell.get(), nullptr);
  if (is_over) remove(id);
}

std::unique_ptr<Watch> Doorbells::watch(const std::optional<approval::RequestId>& id) {
  if (!id) return std::make_unique<InotifyWatch>(path_of(m_directory));
  return std::make_unique<InotifyWatch>(path_of(open_bell(id->text())));
}

bool Doorbells::sweep_is_due() {
  if (!m_directory || !m_may_write) return false;
  struct stat status {};
  if (::fstatat(m_directory.get(), kSwept, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
      std::time(nullptr) - status.st_mtime < kBetweenSweeps) {
    return false;
  }
  const util::Fd note = open_bell(kSwept);
  return note && ::futimens(note.get(), nullptr) == 0;
}

std::vector<approval::RequestId> Doorbells::present() {
  std::vector<approval::RequestId> ids;
  const util::Fd again(::openat(m_directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!again) return ids;
  const int copy = ::fcntl(again.get(), F_DUPFD_CLOEXEC, 0);
  const std::unique_ptr<DIR, CloseListing> listing(copy < 0 ? nullptr : ::fdopendir(copy));
  if (!listing) return ids;
  while (const dirent* entry = ::readdir(listing.get())) {  // NOLINT(concurrency-mt-unsafe)
    if (auto id = approval::RequestId::parse(static_cast<const char*>(entry->d_name))) ids.push_back(*id);
  }
  return ids;
}

void Doorbells::remove(const approval::RequestId& id) {
  if (m_directory && m_may_write) ::unlinkat(m_directory.get(), id.text().c_str(), 0);
}

}  // namespace jit::store
