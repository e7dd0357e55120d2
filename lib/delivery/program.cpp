#include "delivery/program.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "util/error.hpp"

namespace jit::delivery {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> all;
  for (const auto& word : words) all.push_back(const_cast<char*>(word.c_str()));
  all.push_back(nullptr);
  return all;
}

// A file without a name: however little of it the program reads, it holds nobody up.
util::Fd file_of(const std::string& text) {
  util::Fd file(::memfd_create("notice", MFD_CLOEXEC));
  if (!file || !util::write_all(file.get(), text) || ::lseek(file.get(), 0, SEEK_SET) != 0)
    throw util::SystemError(errno, "memfd_create");
  return file;
}

}  // namespace

Program::Program(const notify::Run& run, const std::vector<std::string>& environment) {
  const util::Fd input = file_of(run.input);
  std::vector<std::string> variables{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/"};
  variables.insert(variables.end(), environment.begin(), environment.end());
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  sigset_t none{};
  sigset_t all{};
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int error = ::posix_spawn(&m_pid, run.argv.front().c_str(), &actions, &attributes,
                                  pointers(run.argv).data(), pointers(variables).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    m_pid = -1;
    throw util::SystemError(error, run.argv.front());
  }
  m_ended = util::Fd(static_cast<int>(::syscall(SYS_pidfd_open, m_pid, 0)));
}

Program::~Program() {
  if (m_pid < 0) return;
  ::kill(-m_pid, SIGKILL);
  while (::waitpid(m_pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::optional<int> Program::result() {
  int status = 0;
  if (m_pid < 0 || ::waitpid(m_pid, &status, WNOHANG) != m_pid) return std::nullopt;
  m_pid = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace jit::delivery
