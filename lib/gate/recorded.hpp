#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "gate/gate.hpp"
#include "run/status_stream.hpp"

namespace jit::gate {

/// The program that was judged, and its arguments.
struct Command {
  const std::string& path;
  const std::vector<std::string>& argv;
  /// The last look, directly before it starts: false, and said, when it is not what was approved any more.
  std::function<bool()> is_still_so;
};

/// Runs what was granted as a child of this process, keeps what its rules want kept, and tells the backend
/// how it ended. Gives its exit code; where it died by a signal, this process does. That something could not
/// be kept is said on stderr, and changes nothing about how it ends; but where nothing at all can be recorded
/// of a session, that is thrown, and the command does not start. Nor does it where the last look finds a
/// change: nullopt.
std::optional<int> run_recorded(const Granted& granted, const Command& command, backend::Backend& backend,
                                run::StatusStream& status);

}  // namespace jit::gate
