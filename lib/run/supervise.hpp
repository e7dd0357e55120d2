#pragma once
#include <optional>
#include <string>
#include <vector>

#include "approval/permit.hpp"
#include "run/held_signals.hpp"

namespace jit::run {

/// How a command ended that ran as a child.
struct Ended {
  int error = 0;  // errno: it could not be executed, as run::exec gives it
  /// As waitpid(2) gives it; nullopt: not known, since what watched it was killed. It may still run.
  std::optional<int> status{};
};

/// Runs the command as a child of this process, in its process group and session, with everything else as
/// run::exec leaves it; comes back when it has ended. Meanwhile
///   - what is sent to this process alone is passed on, but for what comes of the command itself. A key on
///     the terminal, and a line that is hung up, reach the command without our help;
///   - when it stops, this process stops by the same signal, and when this one goes on, so does it.
/// Killed by SIGKILL, this process leaves the command running.
Ended supervise(const approval::Permit& permit, const std::string& path, const std::vector<std::string>& argv,
                const HeldSignals& signals);

}  // namespace jit::run
