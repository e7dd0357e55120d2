#include "context/unsafe_env.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

namespace jit::context {
namespace {

constexpr std::array<std::string_view, 71> kNames = {
    // what is loaded into any program, or into an interpreter
    "BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "PS4", "PROMPT_COMMAND", "ZDOTDIR", "GCONV_PATH",
    "OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "RUBYOPT", "RUBYLIB", "NODE_OPTIONS", "NODE_PATH",
    "CLASSPATH", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "LOCPATH", "TERMINFO",
    "TERMINFO_DIRS", "HOSTALIASES",
    // programs that others start, where their value is not a usual one
    "PAGER", "EDITOR", "VISUAL", "LESS", "LESSOPEN", "LESSCLOSE", "BROWSER", "KUBECTL_EXTERNAL_DIFF",
    "MANPAGER", "MANOPT", "MANPATH", "LESSKEY", "LESSKEYIN", "LESSKEY_SYSTEM", "LESSKEYIN_SYSTEM",
    "LESSKEY_CONTENT",
    // other options, configuration or credentials for one tool
    "TAR_OPTIONS", "GREP_OPTIONS", "MAKEFLAGS", "MFLAGS", "GNUMAKEFLAGS", "RSYNC_RSH", "CVS_RSH",
    "APT_CONFIG", "KUBECONFIG", "PSQLRC", "PGSERVICEFILE", "PGSYSCONFDIR", "MYSQL_HOME", "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE", "AWS_PROFILE_FILE", "CLOUDSDK_PYTHON", "CLOUDSDK_CONFIG", "DOCKER_CONFIG",
    "DOCKER_HOST", "DOCKER_CONTEXT", "CURL_HOME", "WGETRC", "TF_DATA_DIR", "TF_WORKSPACE",
    "TF_REATTACH_PROVIDERS", "TF_PLUGIN_CACHE_DIR", "TF_LOG_PATH", "GNUPGHOME",
    // where programs and their settings are found, where that is not the usual place
    "PATH", "HOME", "XDG_CONFIG_HOME"};

constexpr std::array<std::string_view, 14> kPrefixes = {
    "BAT_",    "DELTA_", "LD_",      "GIT_",  "BASH_FUNC_", "PYTHON",  "PERL5",
    "TF_CLI_", "HELM_",  "ANSIBLE_", "DPKG_", "DEB_",       "DEBCONF", "GLIBC_TUNABLES"};
constexpr std::array<std::string_view, 3> kSuffixes = {"_PAGER", "_EDITOR", "_ASKPASS"};

// Of a family above, and harmless whatever the value.
constexpr std::array<std::string_view, 15> kHarmless = {"GIT_AUTHOR_NAME",     "GIT_AUTHOR_EMAIL",
                                                        "GIT_AUTHOR_DATE",     "GIT_COMMITTER_NAME",
                                                        "GIT_COMMITTER_EMAIL", "GIT_COMMITTER_DATE",
                                                        "GIT_TERMINAL_PROMPT", "GIT_OPTIONAL_LOCKS",
                                                        "PYTHONUNBUFFERED",    "PYTHONDONTWRITEBYTECODE",
                                                        "PYTHONIOENCODING",    "PYTHONUTF8",
                                                        "PYTHONHASHSEED",      "DEBCONF_NONINTERACTIVE_SEEN",
                                                        "ANSIBLE_NOCOLOR"};

// Pagers and editors by their plain names, and what Debian's lesspipe sets.
constexpr std::array<std::string_view, 20> kUsualValues = {"",
                                                           "less",
                                                           "less -R",
                                                           "less -FRX",
                                                           "more",
                                                           "most",
                                                           "cat",
                                                           "pager",
                                                           "vi",
                                                           "vim",
                                                           "nvim",
                                                           "nano",
                                                           "emacs",
                                                           "ed",
                                                           "joe",
                                                           "micro",
                                                           "code --wait",
                                                           "sensible-editor",
                                                           "| /usr/bin/lesspipe %s",
                                                           "/usr/bin/lesspipe %s %s"};

template <typename List>
bool holds(const List& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// Options of less as people write them: "-FRX", "-R -i -x4". Others run what follows "+", read key bindings
// (which can set variables), or write files.
bool is_usual_for_less(std::string_view value) {
  constexpr std::string_view kHarmlessLetters = "aAcCeEfFgGiIJKLmMnNqQrRsSuUVwWXx0123456789 -";
  return value.find_first_not_of(kHarmlessLetters) == std::string_view::npos &&
         value.find("--") == std::string_view::npos;
}

bool is_system_place(std::string_view path) {
  constexpr std::array<std::string_view, 5> kPlaces = {"/usr/", "/bin/", "/sbin/", "/opt/", "/snap/"};
  const std::string whole = std::string(path) + "/";
  return whole.find("/../") == std::string::npos &&
         std::any_of(kPlaces.begin(), kPlaces.end(), [&](auto place) { return whole.starts_with(place); });
}

// Only places that the system filled. An empty entry is the working directory.
bool is_usual_path(std::string_view value) {
  while (true) {
    const auto colon = std::min(value.find(':'), value.size());
    if (!is_system_place(value.substr(0, colon))) return false;
    if (colon == value.size()) return true;
    value.remove_prefix(colon + 1);
  }
}

bool is_usual_home(std::string_view value) {
  constexpr std::string_view kHomes = "/home/";
  if (value == "/root" || value == "/") return true;
  return value.starts_with(kHomes) && value.size() > kHomes.size() && value[kHomes.size()] != '.' &&
         value.find('/', kHomes.size()) == std::string_view::npos;
}

bool is_usual(std::string_view name, std::string_view value) {
  if (name == "LESS") return is_usual_for_less(value);
  if (name == "PATH") return is_usual_path(value);
  if (name == "HOME") return is_usual_home(value);
  const bool starts_something = name == "PAGER" || name == "EDITOR" || name == "VISUAL" ||
                                name == "LESSOPEN" || name == "LESSCLOSE" || name == "MANPAGER" ||
                                name.ends_with("_PAGER") || name.ends_with("_EDITOR");
  return starts_something && holds(kUsualValues, value);
}

}  // namespace

bool is_unsafe_variable(std::string_view name, std::string_view value) {
  if (holds(kHarmless, name) || name.starts_with("GIT_PS1_") || is_usual(name, value)) return false;
  if (holds(kNames, name)) return true;
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](auto prefix) { return name.starts_with(prefix); }) ||
         std::any_of(kSuffixes.begin(), kSuffixes.end(), [&](auto suffix) { return name.ends_with(suffix); });
}

std::vector<Variable> read_environment() {
  std::vector<Variable> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string_view::npos)
      variables.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  return variables;
}

}  // namespace jit::context
