#include "policy/policy_tests.hpp"

#include <catch2/catch.hpp>

#include "policy/support.hpp"

using namespace jit::policy;

namespace {

const char* const kRules = R"(
groups: {sre: [a, b], dba: [c, d]}
env: [STAGE]
rules:
  - {name: reads, match: {command.name: k, command.subcommand: get}, effect: allow}
  - {name: two, match: {command.name: k}, effect: ask, approval: {from: [{sre: 2}, {sre: 1, dba: 1}]}, message: Hm.}
  - {name: never, match: {env.STAGE: prod, user.uid: 0, session.interactive: true, user.groups: wheel, labels.a: b},
     effect: deny}
tests:
)";

std::vector<TestResult> results_of(const std::string& tests) {
  return run_tests(set_of(kRules + tests));
}

}  // namespace

TEST_CASE("tests that hold pass") {
  const auto results = results_of(R"(
  - {name: t1, given: {argv: [k, get]}, expect: {effect: allow}}
  - {name: t2, given: {argv: [k, get]}, expect: {effect: allow, rule: reads, rules: [reads], message: ""}}
  - {name: t3, given: {argv: [k, del]}, expect: {effect: ask, from: [{dba: 1, sre: 1}, {sre: 2}], message: Hm.}}
  - {name: t4, given: {command.argv: [x]}, expect: {effect: ask, rules: [], from: {anyone: 1}}}
  - name: t5
    given: {argv: [x], env.STAGE: prod, user.uid: 0, session.interactive: true, user.groups: [dev, wheel], labels.a: b}
    expect: {effect: deny, rule: never}
)");
  REQUIRE(results.size() == 5);
  for (const auto& result : results) {
    INFO(result.name << ": " << result.problem);
    REQUIRE(result.passed);
  }
  REQUIRE(results[0].file == "p");
  REQUIRE(results[0].line == 12);
  REQUIRE(to_text(results) == "5 passed, 0 failed\n");
}

TEST_CASE("tests that do not hold say what differs") {
  const auto results = results_of(R"(
  - {name: effect, given: {argv: [k, get]}, expect: {effect: ask}}
  - {name: fallback, given: {argv: [x]}, expect: {effect: deny}}
  - {name: rule, given: {argv: [k, del]}, expect: {effect: ask, rule: reads}}
  - {name: rules, given: {argv: [k, del]}, expect: {effect: ask, rules: [two, reads]}}
  - {name: from, given: {argv: [k, del]}, expect: {effect: ask, from: {sre: 2}}}
  - {name: nobody, given: {argv: [k, get]}, expect: {effect: allow, from: {sre: 2}}}
  - {name: message, given: {argv: [k, del]}, expect: {effect: ask, message: Ha.}}
)");
  const std::vector<std::string> problems{
      "expected effect ask, got allow (rule reads)",
      "expected effect deny, got ask (no rule matched)",
      "expected rule reads, got ask (rule two)",
      "expected rules [two, reads], got [two]",
      R"(expected from [{"sre":2}], got [{"sre":2},{"dba":1,"sre":1}])",
      R"(expected from [{"sre":2}], but nobody is asked)",
      R"(expected message "Ha.", got "Hm.")",
  };
  REQUIRE(results.size() == problems.size());
  for (std::size_t i = 0; i < problems.size(); ++i) {
    REQUIRE_FALSE(results[i].passed);
    REQUIRE(results[i].problem == problems[i]);
  }
  REQUIRE(to_text({results[0]}) ==
          "p:12: effect: expected effect ask, got allow (rule reads)\n0 passed, 1 failed\n");
  REQUIRE(to_json({results[0]}).dump() == R"([{"file":"p","line":12,"name":"effect","passed":false,)"
                                          R"x("problem":"expected effect ask, got allow (rule reads)"}])x");
}

TEST_CASE("a set without tests says so") {
  REQUIRE(to_text(run_tests(set_of("env: []\n"))) == "no tests: a policy's examples are its key \"tests\"\n");
}

TEST_CASE("the tests of one file are held against the whole set") {
  const Set set = Set::from_texts(
      {{"a", "version: 1\ntests: [{name: t, given: {argv: [x]}, expect: {effect: deny, rule: r}}]\n"},
       {"b", "version: 1\nrules: [{name: r, match: {}, effect: deny}]\n"}});
  REQUIRE(run_tests(set).at(0).passed);
}
