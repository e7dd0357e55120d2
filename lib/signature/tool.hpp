#pragma once
#include <optional>
#include <string>
#include <vector>

#include "util/time.hpp"

namespace jit::signature {

/// One run of a program of the system.
struct Run {
  std::string program;  // absolute
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  /// Given to it as /dev/fd/3, /dev/fd/4, …; `input` on its stdin. Nothing of it lies in a file.
  std::vector<std::string> documents{};
  std::optional<std::string> input{};  // none: our own stdin
  bool quiet = true;                   // its stdout and stderr are caught, otherwise they are ours
  util::Millis within{0};              // killed after it; 0: it may ask a person
};

/// How it ended.
struct Ended {
  int code = -1;       // -1: killed, or not started
  std::string output;  // what was caught, at most 64 KiB
};

/// Runs it to its end. Throws SystemError when it cannot be started.
Ended run_tool(const Run& run);

}  // namespace jit::signature
