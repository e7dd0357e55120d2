#include "config/settings.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "config/keys.hpp"
#include "util/error.hpp"
#include "util/text.hpp"
#include "util/trusted_file.hpp"
#include "yaml/document.hpp"

namespace jit::config {
namespace {

constexpr std::size_t kMaxFile = 1U << 20U;

// A directory from the environment; empty unless it is absolute (XDG Base Directory Specification 0.8: a
// relative one is invalid and ignored).
std::string absolute_variable(const char* name) {
  const char* value = ::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value != nullptr && value[0] == '/' ? value : "";
}

std::string xdg_directory(const char* variable, const std::string& home, const char* below_home) {
  const std::string directory = absolute_variable(variable);
  return directory.empty() ? home + below_home : directory;
}

// The settings, as one source after another is laid over them, weakest first.
class Resolver {
 public:
  Resolver(Settings& settings, std::string home) : m_settings(settings), m_home(std::move(home)) {}

  void built_in() {
    for (const auto& name : keys()) {
      const Key& key = *find_key(name);
      if (!key.built_in.empty())
        m_settings.values[name] = {std::string(key.built_in), Origin::built_in, "built in"};
    }
  }

  /// False when there is no such file.
  bool file(const std::string& path, Origin origin) {
    const auto text = read(path);
    if (!text) return false;
    const yaml::Node root = yaml::parse(*text, path);
    if (root.kind != yaml::Node::Kind::map)
      throw yaml::LoadError({{path, root.mark, "must be a map of settings"}});
    std::vector<yaml::Problem> problems;
    for (const auto& [name, value] : root.entries) {
      const Key* key = find_key(name.scalar);
      if (key == nullptr) {
        problems.push_back(
            {path, name.mark,
             "unknown setting \"" + name.scalar + "\"" + util::did_you_mean(name.scalar, keys())});
        continue;
      }
      try {
        const std::string checked =
            checked_value(*key, written_value(*key, value), {Place::Kind::file, m_home});
        set(*key, {checked, origin, path + ":" + std::to_string(name.mark.line)});
      } catch (const util::UsageError& error) {
        problems.push_back({path, value.mark, name.scalar + ": " + error.what()});
      }
    }
    if (!problems.empty()) throw yaml::LoadError(std::move(problems));
    return true;
  }

  void variables() {
    for (const auto& name : keys()) {
      const Key& key = *find_key(name);
      const std::string variable = variable_of(key);
      const char* value = ::getenv(variable.c_str());  // NOLINT(concurrency-mt-unsafe)
      if (value != nullptr && *value != '\0')
        word(key, value, Place::Kind::variable, Origin::variable, variable);
    }
  }

  void flags(const std::map<std::string, std::string>& flags) {
    for (const auto& [name, value] : flags) {
      const Key* key = find_key(name);
      if (key == nullptr)
        throw util::UsageError("unknown setting \"" + name + "\"" + util::did_you_mean(name, keys()));
      word(*key, value, Place::Kind::flag, Origin::flag, flag_of(*key));
    }
  }

  // A variable that is misspelt would be passed over in silence.
  void unknown_variables() {
    constexpr std::string_view kPrefix = "JIT_RUN_";
    std::vector<std::string> known;  // made when it is needed: mostly there is no such variable
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
      const std::string_view text = *entry;
      if (!text.starts_with(kPrefix)) continue;
      if (known.empty()) {
        for (const auto& key : keys()) known.push_back(variable_of(*find_key(key)));
      }
      const std::string name(text.substr(0, text.find('=')));
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      const bool is_file = name == "JIT_RUN_CONFIG" || name == "JIT_RUN_CONFIG_FILE";
      m_settings.notices.push_back(
          name + " is no setting" +
          (is_file ? ": --config FILE names a configuration file" : util::did_you_mean(name, known)));
    }
  }

 private:
  bool decision_is_fixed() const {
    const auto is_fixed = [&](const char* key) {
      const auto found = m_settings.values.find(key);
      return found != m_settings.values.end() && found->second.origin == Origin::system_file;
    };
    return is_fixed("policies") || is_fixed("backend");
  }

  static std::optional<std::string> read(const std::string& path) {
    try {
      return util::read_trusted(path, kMaxFile);
    } catch (const util::SystemError& error) {
      // What cannot be read cannot be obeyed: that is an error of the configuration, not of a part that
      // failed.
      throw util::UsageError(error.what(),
                             "a configuration that cannot be read is not passed over; is HOME this user's?");
    }
  }

  static std::string written_value(const Key& key, const yaml::Node& value) {
    if (value.kind != yaml::Node::Kind::scalar)
      throw util::UsageError("must be one value, not a list or map");
    const yaml::ScalarType type = yaml::type_of(value);
    const bool wants_boolean = key.kind == ValueKind::boolean;
    if (wants_boolean && type != yaml::ScalarType::boolean)
      throw util::UsageError("must be true or false, without quotes");
    if (!wants_boolean && type != yaml::ScalarType::text)
      throw util::UsageError("must be text; put it in quotes");
    return value.scalar;
  }

  void word(const Key& key, const std::string& written, Place::Kind place, Origin origin,
            const std::string& source) {
    try {
      set(key, {checked_value(key, written, {place, {}}), origin, source});
    } catch (const util::UsageError& error) {
      throw util::UsageError(source + ": " + error.what(), error.hint());
    }
  }

  void set(const Key& key, Setting setting) {
    const std::string name(key.name);
    const auto old = m_settings.values.find(name);
    const bool fixed =
        key.guarded && old != m_settings.values.end() && old->second.origin == Origin::system_file;
    if (!fixed && setting.origin != Origin::system_file && setting.origin != Origin::built_in &&
        key.goes_with_fixed && decision_is_fixed()) {
      m_settings.notices.push_back(name + " goes with what the system's file fixes; " + setting.source +
                                   " is ignored");
    } else if (!fixed) {
      m_settings.values[name] = std::move(setting);
    } else if (old->second.value != setting.value) {
      m_settings.notices.push_back(name + " is fixed by " + old->second.source + "; " + setting.source +
                                   " is ignored");
    }
  }

  Settings& m_settings;
  std::string m_home;
};

Settings resolve(const Sources& sources, const std::string& home) {
  Settings settings;
  settings.state_directory = xdg_directory("XDG_STATE_HOME", home, "/.local/state") + "/jit-run";
  settings.cache_directory = xdg_directory("XDG_CACHE_HOME", home, "/.cache") + "/jit-run";
  Resolver resolver(settings, home);
  resolver.built_in();
  resolver.file(sources.system_file, Origin::system_file);
  const auto policies = settings.values.find("policies");
  settings.policies_guarded = policies != settings.values.end();
  if (!sources.config_file) {
    resolver.file(xdg_directory("XDG_CONFIG_HOME", home, "/.config") + "/jit-run/config.yaml",
                  Origin::user_file);
  } else if (!resolver.file(*sources.config_file, Origin::user_file)) {
    throw util::UsageError(*sources.config_file + ": no such file (from --config)");
  }
  resolver.variables();
  resolver.unknown_variables();
  resolver.flags(sources.flags);
  return settings;
}

}  // namespace

std::optional<std::string> Settings::find(const std::string& key) const {
  const auto setting = values.find(key);
  if (setting == values.end()) return std::nullopt;
  return setting->second.value;
}

bool Settings::is_true(const std::string& key) const {
  return find(key) == "true";
}

namespace {

// HOME, unless it is another user's directory (as after `setpriv --reuid`): nothing of theirs is ours to read
// or write.
std::string own_home() {
  std::string home = absolute_variable("HOME");
  struct stat status {};
  if (!home.empty() && ::stat(home.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
      status.st_uid != ::geteuid() && ::access(home.c_str(), W_OK) != 0) {
    home.clear();
  }
  return home;
}

}  // namespace

std::optional<Settings> load_without_names(const Sources& sources) {
  const std::string home = sources.home.empty() ? own_home() : sources.home;
  if (home.empty()) return std::nullopt;
  return resolve(sources, home);
}

util::Json to_json(const Settings& settings) {
  util::Json json = util::Json::object();
  for (const auto& [name, setting] : settings.values)
    json[name] = {{"value", setting.value}, {"from", setting.source}};
  return json;
}

}  // namespace jit::config
