#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/settings.hpp"

// Of the program jit-server; the service itself is jit::server.
namespace jit::cli::server {

enum class Command {
  serve,
  check,
  backup,
  restore,
  create_token,
  list_tokens,
  revoke_token,
  notify_test,
  notify_status
};

/// What the command line and the configuration file say.
struct Options {
  Command command = Command::serve;
  jit::server::Settings settings;
  jit::server::Sources sources;
  std::string config_file;  // that was read; empty: none
  std::string user, expires, token, file, channel;
  std::vector<std::string> scopes;
  bool json = false, keep_tokens = false;
};

/// nullopt when it was --help or --version. Throws UsageError and, for the file, LoadError.
std::optional<Options> read_options(int argc, char** argv);

/// As it is from here.
std::string absolute(const std::string& path);

}  // namespace jit::cli::server
