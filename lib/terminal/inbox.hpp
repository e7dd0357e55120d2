#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "approval/request.hpp"
#include "terminal/render.hpp"
#include "util/time.hpp"

namespace jit::terminal {

/// What the inbox can see and do; the program connects it to a backend. Each may throw util::Error: the inbox
/// says so and goes on.
struct InboxActions {
  std::function<std::vector<approval::View>()> list;                             // what waits for me
  std::function<std::optional<approval::View>(const approval::RequestId&)> get;  // one, whatever its state
  std::function<util::Time()> now;
  /// Decides about what was shown; the line that tells the person what came of it.
  std::function<std::string(const approval::View&, approval::ReviewVerdict, const std::string& message)>
      review;
  /// Whether to approve it may ask for more on the terminal: a key's passphrase, a touch.
  std::function<bool(const approval::View&)> needs_terminal;
  /// A descriptor that is readable when something changed, or -1; asked before each wait.
  std::function<int()> wake_fd;
  std::function<void()> drain;
  using Tell = std::function<void(const std::string&)>;
  std::function<void(const Tell&)> attend;  // from now on, tell of what keeps these waiting
};

/// The live inbox on /dev/tty: arrow keys or j/k, enter for everything, a/d to decide with a typed reason, q
/// to leave. Plain ECMA-48 and termios; the terminal is put back in every case, signals included (by which
/// the process then ends). Returns when the person leaves or the terminal is gone. Throws UsageError when
/// there is no terminal that can show it.
void run_inbox(const InboxActions& actions, Color color);

}  // namespace jit::terminal
