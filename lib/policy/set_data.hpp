#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/compile.hpp"
#include "policy/policy_set.hpp"
#include "policy/regexes.hpp"
#include "policy/test_case.hpp"

namespace jit::policy {

namespace compiled {
struct Set;
struct SetT;
}  // namespace compiled

/// How to read command lines, as the set's `commands` say.
class Specs final : public context::CommandSpecs {
 public:
  explicit Specs(const compiled::Set* set);
  const context::CommandSpec* find(std::string_view name) const override;

 private:
  std::map<std::string, context::CommandSpec, std::less<>> m_specs;
};

/// A set in memory. The compiled form is the one representation that is evaluated, wherever it came from.
struct Set::Data {
  /// `whole` must be verified, or from ourselves; empty: no policy is installed.
  Data(Bytes whole, std::vector<TestCase> test_cases);

  const Bytes bytes;
  const compiled::Set* const compiled;  // inside `bytes`; null: no policy is installed
  const Groups groups;
  const std::vector<std::string> env;
  const Specs specs;
  const std::vector<TestCase> tests;  // only of a set that was parsed: the compiled form is without them
  mutable Regexes regexes;            // a memory only: it changes no verdict
};

/// The bytes of the compiled form.
std::string pack(const compiled::SetT& set);
/// Whether the bytes are a compiled form that can be read without looking beyond its end.
bool is_verified(std::string_view bytes);

}  // namespace jit::policy
