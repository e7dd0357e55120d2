#include "run/held_signals.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <string>

#include "util/error.hpp"

namespace jit::run {
namespace {

// The field behind the command's name, which may hold anything (proc(5)).
pid_t parent_of(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const util::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return 0;
  const auto text = util::read_all(file.get(), 4096, path);
  const std::size_t end = text ? text->rfind(") ") : std::string::npos;
  if (end == std::string::npos) return 0;
  return static_cast<pid_t>(std::strtol(text->c_str() + std::min(end + 4, text->size()), nullptr, 10));
}

}  // namespace

HeldSignals::HeldSignals() {
  // What is blocked and has come is the command's to take.
  ::sigpending(&m_pending);
  const timespec now{};
  while (::sigtimedwait(&m_pending, nullptr, &now) > 0) {
  }
  sigset_t all{};
  sigset_t ending{};
  ::sigfillset(&all);
  ::sigemptyset(&ending);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::sigaddset(&ending, signal);
  m_all = util::Fd(::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
  m_ending = util::Fd(::signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!m_all || !m_ending) throw util::SystemError(errno, "signalfd");
  ::sigprocmask(SIG_SETMASK, &all, &m_before);
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;  // ignored, it would take the children's ends with it
  ::sigaction(SIGCHLD, &standard, &m_child_before);
}

void HeldSignals::give_back() const {
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    if (::sigismember(&m_pending, signal) == 1) ::kill(::getpid(), signal);
  }
  put_back();
}

void HeldSignals::put_back() const {
  ::sigaction(SIGCHLD, &m_child_before, nullptr);
  ::sigprocmask(SIG_SETMASK, &m_before, nullptr);
}

std::optional<signalfd_siginfo> HeldSignals::take() const {
  signalfd_siginfo info{};
  if (::read(m_all.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  return info;
}

void HeldSignals::drop_ending() const {
  signalfd_siginfo info{};
  while (::read(m_ending.get(), &info, sizeof info) == sizeof info) {
  }
}

void HeldSignals::stop_by(int signal, bool group) const {
  struct sigaction standard {};
  struct sigaction before {};
  standard.sa_handler = SIG_DFL;
  ::sigaction(signal, &standard, &before);
  // Held, it joins one of the same kind that waits already: they stop this process once.
  ::kill(group ? 0 : ::getpid(), signal);
  sigset_t one{};
  sigset_t held{};
  ::sigemptyset(&one);
  ::sigaddset(&one, signal);
  ::sigprocmask(SIG_UNBLOCK, &one, &held);
  ::sigprocmask(SIG_SETMASK, &held, nullptr);
  ::sigaction(signal, &before, nullptr);
}

void HeldSignals::end_by(int signal) {
  ::prctl(PR_SET_DUMPABLE, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  ::sigaction(signal, &standard, nullptr);
  ::kill(::getpid(), signal);
  sigset_t one{};
  ::sigemptyset(&one);
  ::sigaddset(&one, signal);
  ::sigprocmask(SIG_UNBLOCK, &one, nullptr);
  ::_exit(128 + signal);  // what ends a process there ends one here
}

bool is_from(const signalfd_siginfo& signal, pid_t ancestor) {
  constexpr int kDeepest = 100;
  if (!is_from_a_process(signal)) return false;
  auto pid = static_cast<pid_t>(signal.ssi_pid);
  for (int depth = 0; pid > 1 && depth < kDeepest; ++depth) {
    if (pid == ancestor) return true;
    pid = parent_of(pid);
  }
  return false;
}

bool is_from_a_process(const signalfd_siginfo& signal) {
  return signal.ssi_code == SI_USER || signal.ssi_code == SI_QUEUE || signal.ssi_code == SI_TKILL;
}

bool is_of_a_timer(const signalfd_siginfo& signal) {
  const auto number = static_cast<int>(signal.ssi_signo);
  return number == SIGALRM || number == SIGVTALRM || number == SIGPROF;
}

}  // namespace jit::run
