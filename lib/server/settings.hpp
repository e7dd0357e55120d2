#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "policy/verdict.hpp"
#include "server/limits.hpp"
#include "server/log.hpp"
#include "server/slack_settings.hpp"
#include "server/tls.hpp"
#include "util/json.hpp"

namespace jit::server {

/// Everything that an operator sets.
struct Settings {
  std::vector<std::string> listen;
  std::string store = "/var/lib/jit-run/server";
  std::string policies = "/etc/jit-run/policies";
  policy::Effect fallback = policy::Effect::ask;
  TlsFiles tls;
  CertificateUsers client_users;
  SlackSettings slack;
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
  /// As in a file: text, a number, true or false, a list; null when there is none.
  std::function<util::Json(const Settings&)> value;
  /// Of a list: takes away what is there; `set` adds one. Empty otherwise.
  std::function<void(Settings&)> clear{};
};
/// Every one there is, but for `client_users` and `slack_users`, which only a file can hold.
const std::vector<Key>& keys();
/// One that is no list, as it can be given to it; empty when there is none.
std::string text_of(const util::Json& value);
/// "--client-ca" for "client_ca".
std::string flag_of(const Key& key);

/// Who set it, by the setting's name: "--store", "/etc/jit-run/server.yaml:3". What is built in has none.
using Sources = std::map<std::string, std::string>;

/// Reads a configuration file (YAML, a map of the keys). False when there is none. Throws LoadError
/// (file:line:column) for what is wrong with it, UsageError when it must not be trusted.
bool read_file(const std::string& path, Settings& settings, Sources& sources);

/// Visits every setting as it is, with what set it ("built in" where nothing did); `client_users` and
/// `slack_users`, too, as objects.
using Visit = std::function<void(const std::string& name, const util::Json& value, const std::string& from)>;
void show(const Settings& settings, const Sources& sources, const Visit& visit);

}  // namespace jit::server
