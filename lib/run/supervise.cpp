#include "run/supervise.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>

#include "run/exec.hpp"
#include "run/exec_error.hpp"
#include "util/error.hpp"

namespace jit::run {
namespace {

class Supervisor {
 public:
  Supervisor(pid_t child, const HeldSignals& signals) : m_child(child), m_signals(signals) {}

  int run() {
    while (true) {
      pollfd event{m_signals.fd(), POLLIN, 0};
      ::poll(&event, 1, -1);
      while (const auto signal = m_signals.take()) {
        if (signal->ssi_signo != SIGCHLD) {
          pass_on(*signal);
        } else if (const auto status = reap()) {
          return *status;
        }
      }
    }
  }

 private:
  // Its status when it has ended.
  std::optional<int> reap() {
    int status = 0;
    while (::waitpid(m_child, &status, WNOHANG | WUNTRACED) == m_child) {
      if (!WIFSTOPPED(status)) return status;
      m_signals.stop_by(WSTOPSIG(status), false);
      // Who let this process go on need not have meant the whole group.
      ::kill(m_child, SIGCONT);
    }
    return std::nullopt;
  }

  void pass_on(const signalfd_siginfo& signal) const {
    if (!is_of_a_timer(signal) && (!is_from_a_process(signal) || is_from(signal, m_child))) return;
    ::kill(m_child, static_cast<int>(signal.ssi_signo));
  }

  pid_t m_child;
  const HeldSignals& m_signals;
};

}  // namespace

Ended supervise(const approval::Permit& permit, const std::string& path, const std::vector<std::string>& argv,
                const HeldSignals& signals) {
  ExecError error;
  const pid_t child = ::fork();
  if (child < 0) throw util::SystemError(errno, "starting the command");
  if (child == 0) {
    signals.give_back();
    error.tell(exec(permit, path, argv));
  }
  if (const int number = error.wait(); number != 0) {
    ::waitpid(child, nullptr, 0);
    return {number, 0};
  }
  return {0, Supervisor(child, signals).run()};
}

}  // namespace jit::run
