#include "run/monitor.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>

#include "run/exec.hpp"

namespace jit::run {
namespace {

[[noreturn]] void start(const Command& command, int terminal, ExecError& error, const HeldSignals& signals,
                        bool in_foreground) {
  ::setpgid(0, 0);
  if (in_foreground) ::tcsetpgrp(terminal, ::getpid());  // SIGTTOU is held
  for (int standard = 0; standard <= 2; ++standard) {
    if (::isatty(standard) == 1) ::dup2(terminal, standard);
  }
  signals.give_back();
  error.tell(exec(command.permit, command.path, command.argv));
}

class Monitor {
 public:
  Monitor(pid_t child, util::Fd terminal, util::Fd line, const HeldSignals& signals)
      : m_child(child), m_terminal(std::move(terminal)), m_line(std::move(line)), m_signals(signals) {}

  void run() {
    while (true) {
      std::array<pollfd, 2> events{{{m_signals.fd(), POLLIN, 0}, {m_line.get(), POLLIN, 0}}};
      ::poll(events.data(), events.size(), -1);
      while (const auto signal = m_signals.take()) {
        if (signal->ssi_signo == SIGCHLD) reap();
      }
      if (events[1].revents != 0 && !obey()) return;
    }
  }

 private:
  void reap() {
    int status = 0;
    while (m_child > 0 && ::waitpid(m_child, &status, WNOHANG | WUNTRACED) == m_child) {
      if (!WIFSTOPPED(status)) {
        m_child = 0;
        m_terminal.reset();  // when nobody else has it open, all that was shown has been read
      }
      (void)!::send(m_line.get(), &status, sizeof status, MSG_NOSIGNAL);
    }
  }

  // False at the end of the line.
  bool obey() {
    int order = 0;
    const ssize_t count = ::recv(m_line.get(), &order, sizeof order, 0);
    if (count < 0 && errno == EINTR) return true;
    if (count != sizeof order) {
      // Nobody is there any more: as when a line is hung up.
      if (m_child > 0) tell(SIGHUP), tell(SIGCONT);
      return false;
    }
    if (m_child <= 0) return true;
    if (order > 0) {
      tell(order);
    } else {
      hand_terminal(order == kForeground);
      tell(SIGCONT);
    }
    return true;
  }

  // What a job of the command has of it, as under a shell, it keeps.
  void hand_terminal(bool to_command) const {
    const pid_t from = to_command ? ::getpgrp() : m_child;
    if (::tcgetpgrp(m_terminal.get()) == from)
      ::tcsetpgrp(m_terminal.get(), to_command ? m_child : ::getpgrp());
  }

  void tell(int signal) const { ::kill(-m_child, signal); }

  pid_t m_child;
  util::Fd m_terminal, m_line;
  const HeldSignals& m_signals;
};

// What was opened for the command and for who waits is theirs: a pipe that this one holds open has no end.
void close_all_but(std::array<int, 3> kept) {
  std::sort(kept.begin(), kept.end());
  unsigned from = 0;
  for (const int fd : kept) {
    if (static_cast<unsigned>(fd) > from) ::close_range(from, static_cast<unsigned>(fd) - 1, 0);
    from = static_cast<unsigned>(fd) + 1;
  }
  ::close_range(from, UINT_MAX, 0);
}

}  // namespace

void monitor(const Command& command, util::Fd terminal, util::Fd line, ExecError& error,
             const HeldSignals& signals, bool in_foreground) {
  ::setsid();
  ::ioctl(terminal.get(), TIOCSCTTY, 0);
  const pid_t child = ::fork();
  if (child < 0) error.tell(errno);
  if (child == 0) start(command, terminal.get(), error, signals, in_foreground);
  ::setpgid(child, child);
  error.leave();
  close_all_but({terminal.get(), line.get(), signals.fd()});
  Monitor(child, std::move(terminal), std::move(line), signals).run();
  ::_exit(0);
}

}  // namespace jit::run
