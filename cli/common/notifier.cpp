#include "cli/common/notifier.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <vector>

#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/spawn.hpp"
#include "util/subprocess.hpp"

namespace jit::cli {
namespace {

// As store/place.hpp has it, which what is linked here does not know.
constexpr const char* kLock = "/notify.lock";

bool one_runs(const std::string& directory) {
  const util::Fd lock(::open((directory + kLock).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  return lock && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

// Between fork and exec only what signal-safety(7) lists: another thread may hold any lock.
[[noreturn]] void become(const char* program, char* const* argv, char* const* environment) {
  constexpr int kCannot = 127;
  ::setsid();
  if (::fork() != 0) ::_exit(0);
  const int nothing = ::open("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, fd);
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  (void)!::chdir("/");
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &by_default, nullptr);
  sigset_t none{};
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(program, argv, environment);
  ::_exit(kCannot);
}

}  // namespace

void start_notifier(const std::string& directory, const std::string& policies) {
  try {
    if (one_runs(directory)) return;
    const std::string program = util::libexec_directory() + "/jit-notify";
    const std::vector<std::string> words{"jit-notify", "serve",
                                         "--store",    directory,
                                         "--policies", std::filesystem::absolute(policies).string()};
    const std::vector<std::string> variables{"PATH=/usr/local/bin:/usr/bin:/bin"};
    const auto argv = util::pointers_to(words);
    const auto environment = util::pointers_to(variables);
    const pid_t child = ::fork();
    if (child == 0) become(program.c_str(), argv.data(), environment.data());
    if (child > 0) util::reap(child);
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): a request is never failed by this
  }
}

}  // namespace jit::cli
