#include "delivery/bell.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utmpx.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "policy/verdict.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/text.hpp"

namespace jit::delivery {
namespace {

// As write(1): the terminal is the person's own, and they let others write to it.
bool takes_messages(int fd, uid_t owner) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_uid == owner &&
         (status.st_mode & S_IWGRP) != 0 && ::isatty(fd) == 1;
}

std::string field(const char* text, std::size_t size) {
  return {text, ::strnlen(text, size)};
}

}  // namespace

std::string ring(const notify::Bell& bell) {
  std::string problem;
  const auto wants = [&](const std::string& user) {
    return std::any_of(bell.people.begin(), bell.people.end(),
                       [&](const auto& person) { return person == user || person == policy::kAnyone; });
  };
  ::setutxent();
  while (const utmpx* entry = ::getutxent()) {  // NOLINT(concurrency-mt-unsafe): the only thread that does
    const std::string user = field(entry->ut_user, sizeof entry->ut_user);
    const std::string line = field(entry->ut_line, sizeof entry->ut_line);
    if (entry->ut_type != USER_PROCESS || !wants(user) || line.find("..") != std::string::npos) continue;
    const passwd* known = ::getpwnam(user.c_str());  // NOLINT(concurrency-mt-unsafe)
    const util::Fd terminal(
        ::open(("/dev/" + line).c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
    if (!terminal) {
      problem = util::SystemError(errno, "/dev/" + util::visible(line)).what();
    } else if (known != nullptr && takes_messages(terminal.get(), known->pw_uid)) {
      (void)util::write_all(terminal.get(), "\a\r\n" + bell.line + "\r\n");
    }
  }
  ::endutxent();
  return problem;
}

}  // namespace jit::delivery
