#include "store/doorbells.hpp"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

namespace jit::store {
namespace {

constexpr const char* kDirectory = "wake";
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

std::string bell_of(const approval::RequestId& id) {
  return id.text().substr(0, 1);
}

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

void Doorbells::ring(const approval::RequestId& id) {
  if (const util::Fd bell = open_bell(bell_of(id))) ::futimens(bell.get(), nullptr);
}

std::unique_ptr<Watch> Doorbells::watch(const std::optional<approval::RequestId>& id) {
  if (!id) return std::make_unique<InotifyWatch>(path_of(m_directory));
  return std::make_unique<InotifyWatch>(path_of(open_bell(bell_of(*id))));
}

}  // namespace jit::store
