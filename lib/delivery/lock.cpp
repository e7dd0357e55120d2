#include "delivery/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include "store/place.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::delivery {

std::optional<util::Fd> lock(const std::string& directory) {
  const std::string path = directory + "/" + store::kNotifierLock;
  struct stat place {};
  if (::stat(directory.c_str(), &place) != 0) throw util::SystemError(errno, util::visible(directory));
  const mode_t mode = store::is_shared(place.st_mode) ? 0660 : 0600;
  util::Fd fd(::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode));
  if (!fd) throw util::SystemError(errno, util::visible(path));
  (void)!::fchmod(fd.get(), mode);  // what the umask took away; only its maker can
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK) throw util::SystemError(errno, util::visible(path));
  return std::nullopt;
}

}  // namespace jit::delivery
