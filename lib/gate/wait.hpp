#pragma once
#include <optional>
#include <string>
#include <vector>

#include "gate/gate.hpp"
#include "gate/signals.hpp"

namespace jit::gate {

/// Waits until a request is decided, says meanwhile whom it waits for, and claims what was approved. After
/// `at_most` it stops waiting, and the request waits on. A backend that is away meanwhile is waited for, as
/// long as the request may be open; whatever else fails is said, and ends it.
Result wait(const Waiting& waiting, SignalWatch& signals, approval::View view,
            std::optional<util::Millis> at_most = std::nullopt);

/// What is to be kept of a command by a request and by the policies here: whichever keeps more.
policy::Record record_of(const approval::Request& request, const policy::Verdict& here);
/// Whether a session is to be recorded that the backend would not keep: then nothing starts, which is said.
bool lacks_recordings(const Waiting& waiting, policy::Record record);

/// A line each on stderr.
void say_differences(const std::vector<std::string>& differences);

}  // namespace jit::gate
