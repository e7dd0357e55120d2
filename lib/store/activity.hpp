#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "approval/request.hpp"
#include "util/time.hpp"

namespace jit::store {

/// Whose activity, about what. `except` is in no part of it: the request that is being decided.
struct ActivityFilter {
  std::string requester;
  std::string command;               // approval::command_fingerprint; empty: of none
  std::vector<std::string> systems;  // their names
  std::optional<approval::RequestId> except{};
};

/// Of one person, over some time. No count goes beyond kMostCounted.
struct RequestCounts {
  std::size_t requests = 0, denied = 0, break_glass = 0;
};
inline constexpr std::size_t kMostCounted = 1000;
/// How many are named of what is listed.
inline constexpr std::size_t kMostListed = 5;

/// A request for the same command that was decided.
struct EarlierRun {
  util::Time at;  // of the asking
  std::string by;
  approval::State state = approval::State::pending;
  std::optional<std::int64_t> status{};  // the exit code, where it was reported
};

/// A request about some of the same systems that waits, or may be running.
struct InFlight {
  approval::RequestId id;
  std::string requester;
  approval::State state = approval::State::pending;
  std::vector<std::string> systems;  // all that it is about
};

/// What the store knows of the requests around one. Its cost does not grow with the store.
struct Activity {
  RequestCounts day, week;               // of the requester: the last 24 hours, the last 7 days
  std::vector<EarlierRun> runs{};        // of the same command, the newest first
  std::vector<InFlight> in_flight{};     // the newest first, those that run before those that wait
  std::size_t waiting = 0, running = 0;  // all of these
};

}  // namespace jit::store
