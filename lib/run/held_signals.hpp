#pragma once
#include <signal.h>  // NOLINT(modernize-deprecated-headers): the masks are POSIX
#include <sys/signalfd.h>

#include <optional>

#include "util/fd.hpp"

namespace jit::run {

/// While it lives, all signals are held back, to be taken one by one, and the end of a child is told whatever
/// became of SIGCHLD before. What was found stays known: a command gets it back. At most one at a time.
class HeldSignals {
 public:
  HeldSignals();
  ~HeldSignals() { put_back(); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  /// In a child, before an exec: all as it was found, with what was blocked and pending.
  void give_back() const;
  /// The next one, in the process that asks; nullopt where there is none now.
  std::optional<signalfd_siginfo> take() const;
  /// Readable when there is one.
  int fd() const { return m_all.get(); }
  /// Readable when there is one that wants an end: INT, TERM, HUP, QUIT.
  int ending_fd() const { return m_ending.get(); }
  void drop_ending() const;

  /// Stops this process by that signal, as if it had not been held; comes back when it goes on. `group`: all
  /// of its process group.
  void stop_by(int signal, bool group) const;
  /// Ends it by that signal, without a core.
  [[noreturn]] static void end_by(int signal);

 private:
  void put_back() const;

  sigset_t m_before{}, m_pending{};
  struct sigaction m_child_before {};
  util::Fd m_all, m_ending;
};

/// Whether a signal was sent by this process or by one that came of it.
bool is_from(const signalfd_siginfo& signal, pid_t ancestor);
/// Whether a process sent it, and not the kernel: a key on the terminal, a line that was hung up.
bool is_from_a_process(const signalfd_siginfo& signal);
/// Whether it tells that a timer of this process has run out, or its time.
bool is_of_a_timer(const signalfd_siginfo& signal);

}  // namespace jit::run
