#pragma once
#include <string_view>
#include <vector>

namespace jit::context {

/// Variables that change what a command does before it reads its own arguments: they run code, load
/// libraries, or make git look elsewhere. Captured whenever they are set.
bool is_unsafe_variable(std::string_view name);

struct Variable {
  std::string_view name, value;
};
/// This process's environment in its order, repeats included; entries without `=` are passed over.
std::vector<Variable> read_environment();

}  // namespace jit::context
