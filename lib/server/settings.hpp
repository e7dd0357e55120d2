#pragma once
#include <functional>
#include <string>
#include <vector>

#include "policy/verdict.hpp"
#include "server/limits.hpp"
#include "server/log.hpp"
#include "server/tls.hpp"

namespace jit::server {

/// Everything that an operator sets.
struct Settings {
  std::vector<std::string> listen;
  std::string store = "/var/lib/jit-run/server";
  std::string policies = "/etc/jit-run/policies";
  policy::Effect fallback = policy::Effect::ask;
  TlsFiles tls;
  CertificateUsers client_users;
  Limits limits;
  Log::Format log = Log::Format::text;
  enum class Logged { none, changes, all };
  Logged log_requests = Logged::changes;
};

/// One setting: `token_file` is `--token-file` on the command line and a key in the configuration file.
struct Key {
  std::string name;
  std::string what;  // "how long a connection may be idle"
  std::string kind;  // "DURATION", for --help
  /// Throws UsageError with words that follow the name: "must be …".
  std::function<void(Settings&, const std::string&)> set;
  std::function<std::string(const Settings&)> text;
  /// Of a list: takes away what is there; `set` adds one. Empty otherwise.
  std::function<void(Settings&)> clear{};
};
/// Every one there is, but for `client_users`, which only a file can hold.
const std::vector<Key>& keys();
/// "--client-ca" for "client_ca".
std::string flag_of(const Key& key);

/// Reads a configuration file (YAML, a map of the keys). False when there is none. Throws LoadError
/// (file:line:column) for what is wrong with it, UsageError when it must not be trusted.
bool read_file(const std::string& path, Settings& settings);

}  // namespace jit::server
