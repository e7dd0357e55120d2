#include "policy/policy_tests.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "context/document.hpp"
#include "policy/evaluate.hpp"
#include "policy/set_data.hpp"
#include "policy/systems.hpp"
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

std::string preview_difference(const std::vector<std::string>& expected, const Verdict& verdict) {
  const auto& previews = verdict.requirement.previews;
  if (expected.empty() && previews.empty()) return "";
  std::vector<std::string> made;
  for (const auto& preview : previews) {
    if (preview.why.empty() && preview.argv == expected) return "";
    made.push_back(preview.why.empty() ? util::shell_line(preview.argv)
                                       : "one that could not be made: " + preview.why);
  }
  return "expected " + (expected.empty() ? "no preview" : "the preview " + util::shell_line(expected)) +
         ", got " + (made.empty() ? "none" : util::join(made, ", "));
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
  if (test.only_signed && *test.only_signed != verdict.requirement.signatures)
    return std::string("expected that ") + (*test.only_signed ? "only signed" : "unsigned") +
           " approvals count, but " + (*test.only_signed ? "unsigned ones do" : "they do not");
  if (test.preview) {
    if (auto problem = preview_difference(*test.preview, verdict); !problem.empty()) return problem;
  }
  if (test.message && *test.message != verdict.message) {
    return "expected message \"" + *test.message + "\", got \"" + verdict.message + "\"";
  }
  return "";
}

std::string systems_difference(std::vector<std::string> expected, const Set& set, context::Source& given) {
  std::vector<std::string> names;
  for (const auto& system : systems_of(set, given)) names.push_back(system.name);
  std::sort(names.begin(), names.end());
  std::sort(expected.begin(), expected.end());
  if (names == expected) return "";
  return "expected systems [" + util::join(expected, ", ") + "], got [" + util::join(names, ", ") + "]";
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
    if (result.problem.empty() && test.systems)
      result.problem = systems_difference(*test.systems, set, given);
    result.passed = result.problem.empty();
    results.push_back(std::move(result));
  }
  return results;
}

std::string to_text(const std::vector<TestResult>& results) {
  if (results.empty()) return "no tests: a policy's examples are its key \"tests\"\n";
  std::string text;
  std::size_t failed = 0;
  for (const auto& result : results) {
    if (result.passed) continue;
    ++failed;
    const std::string where = result.file + ":" + std::to_string(result.line) + ": ";
    text += util::visible(where + result.name + ": " + result.problem) + "\n";
  }
  return text + std::to_string(results.size() - failed) + " passed, " + std::to_string(failed) + " failed\n";
}

util::Json to_json(const std::vector<TestResult>& results) {
  util::Json list = util::Json::array();
  for (const auto& result : results) {
    list.push_back({{"file", result.file},
                    {"line", result.line},
                    {"name", result.name},
                    {"passed", result.passed},
                    {"problem", result.passed ? util::Json() : util::Json(result.problem)}});
  }
  return list;
}

}  // namespace jit::policy
