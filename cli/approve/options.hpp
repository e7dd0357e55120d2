#pragma once
#include <optional>
#include <string>
#include <vector>

#include "config/settings.hpp"

namespace jit::cli::approve {

enum class Command {
  inbox,
  list,
  show,
  approve,
  deny,
  acknowledge,
  dispute,
  revoke,
  withdraw,
  watch,
  grants
};

/// What the command line of jit-approve says.
struct Options {
  Command command = Command::inbox;
  std::vector<std::string> ids;
  std::string message;
  bool all = false, json = false, yes = false, sign = false;
  config::Sources sources;
};

/// nullopt when all was said already (--help, --version). Throws UsageError.
std::optional<Options> parse(int argc, char** argv);

}  // namespace jit::cli::approve
