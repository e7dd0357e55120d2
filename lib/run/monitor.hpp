#pragma once
#include <string>
#include <vector>

#include "approval/permit.hpp"
#include "run/exec_error.hpp"
#include "run/held_signals.hpp"
#include "util/fd.hpp"

namespace jit::run {

/// What a session tells its monitor: one of these, or a signal for the command's process group.
enum Order : int {
  kForeground = -1,  // the command may use the terminal, and goes on
  kBackground = -2   // it goes on, and stops when it reads the terminal
};

/// The command of a session.
struct Command {
  const approval::Permit& permit;
  const std::string& path;
  const std::vector<std::string>& argv;
};

/// Becomes the leader of a session of its own on `terminal`, the other side of a pty, and starts the command
/// there, in a process group of its own: only so can it be stopped as on the terminal before. It has
/// `terminal` in the place of those of the descriptors 0, 1 and 2 that are terminals, and all else as
/// run::exec leaves it. Over `line`, a socket of packets, it tells the command's status whenever that changes
/// (as waitpid(2) gives it), and takes an Order. Ends after the command, when the other end is closed; and
/// when that happens before, hangs up.
[[noreturn]] void monitor(const Command& command, util::Fd terminal, util::Fd line, ExecError& error,
                          const HeldSignals& signals, bool in_foreground);

}  // namespace jit::run
