#include "gate/signals.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "util/error.hpp"

namespace jit::gate {
namespace {

constexpr int kPatienceSeconds = 2;

// What the handler may touch: lock-free atomics only.
std::atomic<int> g_caught{0};
std::atomic<int> g_event{-1};
std::array<std::atomic<timer_t>, NSIG> g_timers{};

void note(int signal) {
  const int saved = errno;
  g_caught = signal;
  itimerspec patience{};
  patience.it_value.tv_sec = kPatienceSeconds;
  // The handler is gone by now (SA_RESETHAND), so this timer's signal ends the process.
  if (const timer_t timer = g_timers[static_cast<std::size_t>(signal)]; timer != nullptr) {
    ::timer_settime(timer, 0, &patience, nullptr);
  }
  const std::uint64_t one = 1;
  (void)!::write(g_event, &one, sizeof one);
  errno = saved;
}

// An inherited SIG_IGN is the user's wish; and of a blocked signal one may be pending, which any change of
// the disposition to SIG_IGN would throw away.
bool is_ignored_or_blocked(int signal) {
  struct sigaction current {};
  ::sigaction(signal, nullptr, &current);
  sigset_t blocked{};
  ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
  return ((current.sa_flags & SA_SIGINFO) == 0 && current.sa_handler == SIG_IGN) ||
         ::sigismember(&blocked, signal) == 1;
}

}  // namespace

SignalWatch::SignalWatch() : m_event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!m_event) throw util::SystemError(errno, "eventfd");
  g_caught = 0;
  g_event = m_event.get();
  constexpr std::array<int, 4> kSignals{SIGINT, SIGTERM, SIGHUP, SIGPIPE};
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    Watched& watched = m_watched[i];
    watched.signal = kSignals[i];
    if (is_ignored_or_blocked(watched.signal)) continue;
    struct sigaction action {};
    ::sigemptyset(&action.sa_mask);
    if (watched.signal == SIGPIPE) {
      action.sa_handler = SIG_IGN;
    } else {
      action.sa_handler = note;
      action.sa_flags = SA_RESETHAND;
      sigevent event{};
      event.sigev_notify = SIGEV_SIGNAL;
      event.sigev_signo = watched.signal;
      watched.has_timer = ::timer_create(CLOCK_MONOTONIC, &event, &watched.timer) == 0;
      g_timers[static_cast<std::size_t>(watched.signal)] = watched.has_timer ? watched.timer : nullptr;
    }
    watched.changed = ::sigaction(watched.signal, &action, &watched.before) == 0;
  }
}

SignalWatch::~SignalWatch() {
  restore();
}

void SignalWatch::restore() {
  for (Watched& watched : m_watched) {
    if (watched.changed) ::sigaction(watched.signal, &watched.before, nullptr);
    if (watched.has_timer) ::timer_delete(watched.timer);
    watched.changed = watched.has_timer = false;
  }
  g_event = -1;
}

std::optional<int> SignalWatch::caught() const {
  const int signal = g_caught;
  return signal == 0 ? std::nullopt : std::optional<int>(signal);
}

void SignalWatch::end_by(int signal) {
  restore();
  ::raise(signal);
  // Only a signal that its sender's shell had blocked gets here.
  ::_exit(128 + signal);
}

}  // namespace jit::gate
