#include "policy/policy_tests.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "context/source.hpp"
#include "policy/evaluate.hpp"
#include "policy/set_data.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

namespace jit::policy {
namespace {

std::string by_rules(const Verdict& verdict) {
  if (verdict.rules.empty()) return " (no rule matched)";
  return (verdict.rules.size() == 1 ? " (rule " : " (rules ") + util::join(verdict.rules, ", ") + ")";
}

std::string shown(const std::vector<Requirement::Seats>& from) {
  return util::compact_json(util::Json(from));
}

std::vector<Requirement::Seats> sorted(std::vector<Requirement::Seats> from) {
  std::sort(from.begin(), from.end());
  return from;
}

// What the verdict is not; empty when it is as expected.
std::string difference(const TestCase& test, const Verdict& verdict) {
  if (verdict.effect != test.effect) {
    return "expected effect " + to_text(test.effect) + ", got " + to_text(verdict.effect) + by_rules(verdict);
  }
  const auto& rules = verdict.rules;
  if (test.rule && std::find(rules.begin(), rules.end(), *test.rule) == rules.end()) {
    return "expected rule " + *test.rule + ", got " + to_text(verdict.effect) + by_rules(verdict);
  }
  if (test.rules && *test.rules != rules) {
    return "expected rules [" + util::join(*test.rules, ", ") + "], got [" + util::join(rules, ", ") + "]";
  }
  const auto from = verdict.requirement.alternatives();
  if (test.from && verdict.effect != Effect::ask)
    return "expected from " + shown(*test.from) + ", but nobody is asked";
  if (test.from && sorted(*test.from) != sorted(from)) {
    return "expected from " + shown(*test.from) + ", got " + shown(from);
  }
  if (test.message && *test.message != verdict.message) {
    return "expected message \"" + *test.message + "\", got \"" + verdict.message + "\"";
  }
  return "";
}

}  // namespace

std::vector<TestResult> run_tests(const Set& set) {
  std::vector<TestResult> results;
  for (const auto& test : set.data().tests) {
    context::Document given(*test.given);
    TestResult result;
    result.file = test.file;
    result.name = test.name;
    result.line = test.line;
    result.problem = difference(test, evaluate(set, given, Effect::ask));
    result.passed = result.problem.empty();
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace jit::policy
