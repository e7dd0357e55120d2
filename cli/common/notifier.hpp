#pragma once
#include <string>

namespace jit::cli {

/// Starts the program that tells of what is in an embedded store's outbox, unless one runs: in a session of
/// its own, with nothing of ours. Silent failure is safe: what is to be told waits in the store.
void start_notifier(const std::string& directory, const std::string& policies);

}  // namespace jit::cli
