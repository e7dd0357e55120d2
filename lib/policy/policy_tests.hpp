#pragma once
#include <string>
#include <vector>

#include "policy/policy_set.hpp"
#include "util/json.hpp"

namespace jit::policy {

/// The result of one entry of a policy's `tests:` block.
struct TestResult {
  std::string file, name;
  int line = 0;
  bool passed = false;
  std::string problem;  // `expected effect ask, got allow (rule kubectl-reads)`
};

/// Runs the `tests:` of every file of the set against the whole set. Only what `given` says is in the
/// context.
std::vector<TestResult> run_tests(const Set& set);

/// A line for each that failed, "prod.yaml:31: its name: the problem", and how many passed.
std::string to_text(const std::vector<TestResult>& results);
/// [{"file", "line", "name", "passed", "problem"}]
util::Json to_json(const std::vector<TestResult>& results);

}  // namespace jit::policy
