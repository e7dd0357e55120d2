#include "context/environment.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "util/digest.hpp"
#include "util/text.hpp"

namespace jit::context {
namespace {

using util::Json;

constexpr std::array<std::string_view, 45> kNames = {"_",
                                                     "COLORFGBG",
                                                     "COLORTERM",
                                                     "COLUMNS",
                                                     "CI",
                                                     "CLICOLOR",
                                                     "CLICOLOR_FORCE",
                                                     "DBUS_SESSION_BUS_ADDRESS",
                                                     "DESKTOP_SESSION",
                                                     "DISPLAY",
                                                     "FORCE_COLOR",
                                                     "GDMSESSION",
                                                     "GPG_TTY",
                                                     "HOSTNAME",
                                                     "INSIDE_EMACS",
                                                     "INVOCATION_ID",
                                                     "JOURNAL_STREAM",
                                                     "LANG",
                                                     "LANGUAGE",
                                                     "LINES",
                                                     "LOGNAME",
                                                     "LS_COLORS",
                                                     "MAIL",
                                                     "MANAGERPID",
                                                     "NO_COLOR",
                                                     "OLDPWD",
                                                     "PS1",
                                                     "PS2",
                                                     "PWD",
                                                     "SECONDS",
                                                     "SESSION_MANAGER",
                                                     "SHLVL",
                                                     "SSH_AUTH_SOCK",
                                                     "SSH_CLIENT",
                                                     "SSH_CONNECTION",
                                                     "SSH_TTY",
                                                     "STY",
                                                     "SYSTEMD_EXEC_PID",
                                                     "TERM",
                                                     "USER",
                                                     "USERNAME",
                                                     "WAYLAND_DISPLAY",
                                                     "WINDOW",
                                                     "WINDOWID",
                                                     "XAUTHORITY"};

constexpr std::array<std::string_view, 24> kPrefixes = {
    "ALACRITTY_", "BITBUCKET_",      "BUILDKITE", "CI_",         "CIRCLE_",
    "GITHUB_",    "GITLAB_",         "HIST",      "ITERM",       "JENKINS_",
    "JIT_RUN_",   "KITTY_",          "KONSOLE_",  "LC_",         "RUNNER_",
    "SUDO_",      "TERM_",           "TMUX",      "VSCODE_",     "VTE_",
    "WEZTERM_",   "XDG_RUNTIME_DIR", "XDG_SEAT",  "XDG_SESSION_"};

constexpr std::size_t kShort = 8;

}  // namespace

std::string key_text(std::string_view key) {
  std::string text;
  for (const char c : key) {
    // Keys of hashed documents are ASCII.
    text += static_cast<unsigned char>(c) < 0x80 ? std::string(1, c) : "\\x" + util::hex({&c, 1});
  }
  return text;
}

bool is_volatile_variable(std::string_view name) {
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](auto prefix) { return name.starts_with(prefix); });
}

Json environment_section(const std::string& secret_key, const std::vector<Variable>& variables) {
  // Sorted: their order is the shell's business. One that is set twice counts twice, in its order.
  std::map<std::string, std::string> values;
  for (const Variable& variable : variables) {
    if (is_volatile_variable(variable.name)) continue;
    std::string& value = values[std::string(variable.name)];
    value += variable.value;
    value += '\0';
  }
  std::string all;
  Json names = Json::object();
  for (const auto& [name, value] : values) {
    const std::string entry = name + '=' + value;
    all += entry + '\0';
    names[key_text(name)] = util::hmac_sha256(secret_key, "environment " + entry).substr(0, kShort);
  }
  return {{"fingerprint", util::hmac_sha256(secret_key, "environment" + all)},
          {"variables", std::move(names)}};
}

std::vector<std::string> environment_differences(const Json& before, const Json& now) {
  std::vector<std::string> words;
  if (before == now) return words;
  const auto variables = [](const Json& section) {
    return section.is_object() ? section.value("variables", Json::object()) : Json::object();
  };
  const Json old_ones = variables(before);
  const Json new_ones = variables(now);
  for (const auto& [name, value] : old_ones.items()) {
    if (!new_ones.contains(name)) {
      words.push_back("the variable " + util::visible(name) + " is no longer set");
    } else if (new_ones[name] != value) {
      words.push_back("the variable " + util::visible(name) + " has another value");
    }
  }
  for (const auto& [name, value] : new_ones.items()) {
    if (!old_ones.contains(name)) words.push_back("the variable " + util::visible(name) + " was not set");
  }
  if (words.empty()) words.emplace_back("the environment changed");
  return words;
}

}  // namespace jit::context
