#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/verdict.hpp"
#include "util/json.hpp"

namespace jit::policy {

/// One entry of a policy's `tests:`. What `expect` does not say is not held against the verdict.
struct TestCase {
  std::string file, name;
  int line = 0;
  std::shared_ptr<const util::Json> given;  // a context
  Effect effect = Effect::deny;
  std::optional<std::string> rule;                      // one of the verdict's rules
  std::optional<std::vector<std::string>> rules;        // exactly these, in this order
  std::optional<std::vector<Requirement::Seats>> from;  // exactly these alternatives, in any order
  std::optional<bool> only_signed;                      // whether only signed approvals count
  std::optional<std::vector<std::string>> preview;      // the words of one that is made; empty: none is
  std::optional<std::string> message;
  std::optional<std::vector<std::string>> systems;  // exactly these, in any order
};

}  // namespace jit::policy
