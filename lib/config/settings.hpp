#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "util/json.hpp"

namespace jit::config {

/// Where a setting came from, from the weakest to the strongest claim.
enum class Origin { built_in, system_file, user_file, variable, flag };

/// One setting's value and its source, as `--explain` shows it.
struct Setting {
  std::string value;
  Origin origin = Origin::built_in;
  std::string source;  // "/etc/jit-run/config.yaml:3", "JIT_RUN_POLICIES", "--policies", "built in"
};

/// All settings, resolved.
struct Settings {
  std::map<std::string, Setting> values;  // by key; keys without a value are absent
  std::vector<std::string> notices;       // a line for each override of a guarded key that was refused
  std::string state_directory;            // $XDG_STATE_HOME/jit-run; not made yet
  std::string cache_directory;            // $XDG_CACHE_HOME/jit-run
  bool policies_guarded = false;          // the system file names the policies

  std::optional<std::string> find(const std::string& key) const;
  bool is_true(const std::string& key) const;
};

/// What load() reads from, so that tests can give it another world.
struct Sources {
  std::map<std::string, std::string> flags;  // key → value, from the command line
  std::optional<std::string> config_file;    // --config: read instead of the user's file
  std::string system_file = "/etc/jit-run/config.yaml";
  /// The user's home. Empty: what HOME says, or, when it is unset, relative or another user's directory, what
  /// the user database says.
  std::string home;
};

/// Flags, then JIT_RUN_* variables, then the user's file, then the system's. Nothing is read from the working
/// directory: a relative path is taken only from a flag, where it is the user's explicit word. Throws
/// UsageError (file:line:column where it is a file) for an unknown key or a value of another type, and for
/// files that must not be trusted.
Settings load(const Sources& sources);

/// The same for a program that must not ask the user database: nullopt when it would have to.
std::optional<Settings> load_without_names(const Sources& sources);

/// Every key there is, for messages and completions.
const std::vector<std::string>& keys();
/// What one of them is, for --help.
std::string what_is(const std::string& key);

/// {"policies": {"value": "/etc/jit-run/policies", "from": "/etc/jit-run/config.yaml:2"}}
util::Json to_json(const Settings& settings);

}  // namespace jit::config
