#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "util/time.hpp"

namespace jit::cli {

/// What the command line of jit-run says. jit-run and jit-gate read it with the same function.
struct RunOptions {
  std::vector<std::string> argv;  // the command; {"/bin/sh", "-c", TEXT} for -c
  std::string reason, ticket;
  std::map<std::string, std::string> labels;
  std::optional<util::Millis> wait;
  bool break_glass = false, bind_stdin = false;
  bool retry_changed = false;
  bool no_wait = false, explain = false, help = false, version = false;
  std::optional<std::string> request;
  int status_fd = -1;
  config::Sources sources;  // --config, and the settings: --backend, --policies, --quiet, --color, ...
};

/// getopt_long (POSIX order: the first word that is not an option starts the command). Throws UsageError.
RunOptions parse_run_options(int argc, char** argv);

/// The text of --help.
const char* run_help();

}  // namespace jit::cli
