#include "context/unsafe_env.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace jit::context {

bool is_unsafe_variable(std::string_view name) {
  constexpr std::array<std::string_view, 37> kNames = {"LD_PRELOAD",
                                                       "LD_LIBRARY_PATH",
                                                       "LD_AUDIT",
                                                       "LD_DEBUG_OUTPUT",
                                                       "LD_PROFILE",
                                                       "BASH_ENV",
                                                       "ENV",
                                                       "SHELLOPTS",
                                                       "BASHOPTS",
                                                       "PS4",
                                                       "PROMPT_COMMAND",
                                                       "ZDOTDIR",
                                                       "PYTHONPATH",
                                                       "PYTHONSTARTUP",
                                                       "PYTHONHOME",
                                                       "PYTHONINSPECT",
                                                       "PERL5OPT",
                                                       "PERL5LIB",
                                                       "PERL5DB",
                                                       "RUBYOPT",
                                                       "RUBYLIB",
                                                       "NODE_OPTIONS",
                                                       "NODE_PATH",
                                                       "JAVA_TOOL_OPTIONS",
                                                       "_JAVA_OPTIONS",
                                                       "JDK_JAVA_OPTIONS",
                                                       "GCONV_PATH",
                                                       "GIT_SSH",
                                                       "GIT_SSH_COMMAND",
                                                       "GIT_DIR",
                                                       "GIT_WORK_TREE",
                                                       "GIT_CONFIG_COUNT",
                                                       "GIT_CONFIG_GLOBAL",
                                                       "GIT_EXTERNAL_DIFF",
                                                       "GIT_PAGER",
                                                       "PAGER",
                                                       "GIT_EXEC_PATH"};
  if (std::find(kNames.begin(), kNames.end(), name) != kNames.end()) return true;
  return name.starts_with("BASH_FUNC_") || name.starts_with("GIT_CONFIG_KEY_") ||
         name.starts_with("GIT_CONFIG_VALUE_");
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
