#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "approval/permit.hpp"
#include "run/held_signals.hpp"
#include "run/supervise.hpp"
#include "run/user_terminal.hpp"

namespace jit::run {

/// Told what a session shows, as it does; must not wait.
struct Shown {
  std::function<void(std::string_view)> output;
  std::function<void(int columns, int rows)> resized;
};

/// Runs the command on a pty of its own, and passes on between that and `terminal`; comes back when it has
/// ended. Those of the descriptors 0, 1 and 2 that are terminals become the pty, the others are the command's
/// as they are. As without it, keys reach the command, it sees the size of the terminal, ^Z stops it and this
/// process, and in the background it may not read. What is in a pipeline gets the terminal only when it asks
/// for it: another command of it may be the one that has it.
Ended run_session(const approval::Permit& permit, const std::string& path,
                  const std::vector<std::string>& argv, const HeldSignals& signals, UserTerminal& terminal,
                  const Shown& shown);

}  // namespace jit::run
