#include "delivery/program.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "util/spawn.hpp"

namespace jit::delivery {
Program::Program(const notify::Run& run, const std::vector<std::string>& environment) {
  const util::Fd input = util::file_in_memory(run.input);
  std::vector<std::string> variables{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/"};
  variables.insert(variables.end(), environment.begin(), environment.end());
  util::Spawn spawn;
  spawn.put(input.get(), STDIN_FILENO);
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) spawn.open(fd, "/dev/null", O_WRONLY);
  spawn.own_session();
  m_pid = spawn.start(run.argv.front(), run.argv, util::pointers_to(variables).data(), STDERR_FILENO + 1);
  m_ended = util::Fd(static_cast<int>(::syscall(SYS_pidfd_open, m_pid, 0)));
}

Program::~Program() {
  if (m_pid < 0) return;
  ::kill(-m_pid, SIGKILL);
  util::reap(m_pid);
}

std::optional<int> Program::result() {
  int status = 0;
  if (m_pid < 0 || ::waitpid(m_pid, &status, WNOHANG) != m_pid) return std::nullopt;
  m_pid = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace jit::delivery
