#pragma once
#include <functional>
#include <string>
#include <vector>

#include "approval/request.hpp"
#include "terminal/render.hpp"
#include "util/time.hpp"

namespace jit::terminal {

/// What the inbox can see and do; the program connects it to a backend.
struct InboxActions {
  std::function<std::vector<approval::View>()> list;  // what waits for me
  std::function<util::Time()> now;
  /// Decides; the line that tells the person what came of it.
  std::function<std::string(const approval::RequestId&, approval::ReviewVerdict, const std::string& message)>
      review;
  int wake_fd = -1;  // readable when something changed
  std::function<void()> drain;
};

/// The live inbox on /dev/tty: arrow keys or j/k, enter for everything, a/d to decide with a typed reason, q
/// to leave. Plain ANSI and termios; the terminal is put back in every case, signals included. Returns when
/// the person leaves. Throws Error when there is no terminal.
void run_inbox(const InboxActions& actions, Color color);

}  // namespace jit::terminal
