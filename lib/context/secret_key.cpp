#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "context/collector.hpp"
#include "util/digest.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/text.hpp"
#include "util/trusted_file.hpp"

namespace jit::context {
namespace {

constexpr std::size_t kKeyBytes = 32;

void make_directories(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (!part.empty() && ::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST && errno != EISDIR &&
        errno != EACCES) {
      throw util::SystemError(errno, util::visible(part));
    }
    if (end == std::string::npos) return;
  }
}

// Written whole under another name first, then linked: of two processes that start at once, one makes the
// key.
void make_key(const std::string& path) {
  const std::string draft = path + "." + util::hex(util::random_bytes(8));
  util::Fd file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) throw util::SystemError(errno, util::visible(draft));
  const bool written = util::write_all(file.get(), util::random_bytes(kKeyBytes)) && ::fsync(file.get()) == 0;
  int error = written ? 0 : errno;
  if (written && ::link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST) error = errno;
  ::unlink(draft.c_str());
  if (error != 0) throw util::SystemError(error, util::visible(path));
}

}  // namespace

std::string load_secret_key(const std::string& state_directory) {
  const std::string path = state_directory + "/secret-key";
  auto key = util::read_trusted(path, kKeyBytes + 1);
  if (!key) {
    try {
      make_directories(state_directory);
      make_key(path);
    } catch (const util::SystemError& error) {
      const int number = error.error_number();
      if (number != ENOENT && number != ENOTDIR && number != EACCES && number != EROFS) throw;
      // A user without a home can run what is allowed, and ask. A key for this run only makes a secret of a
      // later one look changed.
      return util::random_bytes(kKeyBytes);
    }
    key = util::read_trusted(path, kKeyBytes + 1);
  }
  if (!key || key->size() != kKeyBytes) {
    throw util::UsageError(util::visible(path) + ": not a key of " + std::to_string(kKeyBytes) + " bytes",
                           "remove it, and a new one is made; requests that wait then count as changed");
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 077U) != 0) {
    throw util::UsageError(util::visible(path) + ": others may read it", "remove it, and a new one is made");
  }
  return *key;
}

}  // namespace jit::context
