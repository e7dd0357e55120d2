#pragma once
#include <string_view>
#include <vector>

namespace jit::context {

/// Variables that change what a command does before it reads its own arguments: they run code, load
/// libraries, or give one tool other options, configuration or credentials. Captured whenever they are set,
/// but for what is usual: editors and pagers of known names, a PATH of
/// only the system's directories, a HOME below /home.
bool is_unsafe_variable(std::string_view name, std::string_view value);

struct Variable {
  std::string_view name, value;
};
/// This process's environment in its order, repeats included; entries without `=` are passed over.
std::vector<Variable> read_environment();

}  // namespace jit::context
