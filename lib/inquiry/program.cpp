#include "inquiry/program.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "util/error.hpp"
#include "util/spawn.hpp"

namespace jit::inquiry {

Program::Program(const std::vector<std::string>& argv, std::size_t most) : m_most(most) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw util::SystemError(errno, "pipe");
  m_out = util::Fd(ends[0]);
  const util::Fd its_end(ends[1]);
  const std::vector<std::string> environment{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/"};
  util::Spawn spawn;
  spawn.open(STDIN_FILENO, "/dev/null", O_RDONLY);
  spawn.put(its_end.get(), STDOUT_FILENO);
  spawn.open(STDERR_FILENO, "/dev/null", O_WRONLY);
  spawn.own_session();
  m_pid = spawn.start(argv.front(), argv, util::pointers_to(environment).data(), STDERR_FILENO + 1,
                      "is it there, and may this user run it?");
  ::fcntl(m_out.get(), F_SETFL, O_NONBLOCK);
}

Program::~Program() {
  if (m_pid < 0) return;
  ::kill(-m_pid, SIGKILL);
  util::reap(m_pid);
}

bool Program::advance() {
  std::array<char, 65536> piece{};
  while (m_out && !too_long()) {
    const ssize_t n = ::read(m_out.get(), piece.data(), piece.size());
    if (n > 0) {
      m_output.append(piece.data(), static_cast<std::size_t>(n));
    } else if (n == 0) {
      m_out.reset();
    } else if (errno != EINTR) {
      if (errno == EAGAIN) return false;
      m_out.reset();
    }
  }
  if (too_long()) return true;
  int status = 0;
  if (m_pid < 0) return true;
  if (::waitpid(m_pid, &status, WNOHANG) != m_pid) return false;
  m_pid = -1;
  m_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return true;
}

}  // namespace jit::inquiry
