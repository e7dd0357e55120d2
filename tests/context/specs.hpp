#pragma once
#include <functional>
#include <map>
#include <string>

#include "context/command_line.hpp"

namespace jit::test {

/// How to read command lines, from a map.
class Specs final : public context::CommandSpecs {
 public:
  Specs() = default;
  explicit Specs(std::map<std::string, context::CommandSpec, std::less<>> specs)
      : m_specs(std::move(specs)) {}
  const context::CommandSpec* find(std::string_view name) const override {
    const auto found = m_specs.find(name);
    return found == m_specs.end() ? nullptr : &found->second;
  }

 private:
  std::map<std::string, context::CommandSpec, std::less<>> m_specs;
};

}  // namespace jit::test
