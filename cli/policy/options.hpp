#pragma once
#include <string>
#include <vector>

#include "config/settings.hpp"

namespace jit::cli::policies {

struct Options {
  std::vector<std::string> operands, sets;
  std::string as, since;
  bool json = false, offline = false;
  config::Sources sources;
};

/// What is said no to; a mistake in what was typed is cli::kUsage.
inline constexpr int kFailed = 1;

/// Each is one command, and gives the exit code.
int who(const Options& options);
int replay(const Options& options);

/// The section `activity` of a context: of the requests in the embedded store, if it can be opened; else why
/// nothing is known.
util::Json activity_of(const config::Settings& settings, const policy::Set& set, context::Source& context);

/// Says on stderr, where the backend is a server, that it has policies of its own.
void warn_of_server(const config::Settings& settings);

/// Writes to stdout. Throws SystemError.
void print(const std::string& text);

}  // namespace jit::cli::policies
