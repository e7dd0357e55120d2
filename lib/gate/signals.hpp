#pragma once
#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigaction is POSIX

#include <array>
#include <optional>

#include "util/fd.hpp"

namespace jit::gate {

/// While it lives, INT, TERM and HUP are noted instead of ending the process, and a closed pipe is an error
/// instead of a signal. Signals that were ignored or blocked on entry stay so. The second signal of a kind
/// ends the process at once, and so does the first one after two seconds: a withdrawal may take no longer.
/// Dispositions are put back when it ends. At most one at a time.
class SignalWatch {
 public:
  SignalWatch();
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  /// Readable when a signal has come.
  int fd() const { return m_event.get(); }
  /// The signal that came, if any.
  std::optional<int> caught() const;
  /// Puts everything back and ends this process by that signal.
  [[noreturn]] void end_by(int signal);

 private:
  struct Watched {
    int signal = 0;
    bool changed = false;
    struct sigaction before {};
    timer_t timer{};
    bool has_timer = false;
  };
  void restore();

  util::Fd m_event;
  std::array<Watched, 4> m_watched;
};

}  // namespace jit::gate
