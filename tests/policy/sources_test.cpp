#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "policy/denied_by_warnings.hpp"
#include "policy/fill_sources.hpp"
#include "policy/policy_tests.hpp"
#include "policy/source_kinds.hpp"
#include "policy/support.hpp"
#include "util/json.hpp"

using namespace jit::policy;
using jit::util::Json;

namespace {

const std::string kAlerts = "warnings: {alerts: {alertmanager: \"https://a.example.com\"}}\n";

std::vector<std::string> source_problems(const std::string& source) {
  return problems_of({{"p", "version: 1\nwarnings: {s: {" + source + "}}\n"}});
}

Json warnings(int critical, int warning, int unknown) {
  return {{"critical", critical}, {"warning", warning}, {"unknown", unknown}, {"active", Json::array()}};
}

Verdict judged(const std::string& rules, const Json& active, std::vector<RuleTrace>* trace = nullptr) {
  Json context = context_of({"k"});
  if (!active.is_null()) context["warnings"] = active;
  return judge_context(set_of("groups: {sre: [a, b, c]}\n" + kAlerts + rules), context, Effect::ask, trace);
}

jit::live::Labels labels_of(const std::string& labels, const std::vector<std::string>& argv) {
  const Set set = set_of(
      "commands: {k: {value_options: [--context]}}\nwarnings: {s: {file: /f, labels: " + labels + "}}\n");
  jit::context::Document document(context_of(argv));
  return sources_for(set, document).at(0).labels;
}

}  // namespace

TEST_CASE("what is wrong with a source is said with its place") {
  const std::vector<std::pair<std::string, std::string>> table{
      {"alertmanger: \"https://x\"", "p:2:16: unknown key \"alertmanger\""},
      {"timeout: 1s", "must have a kind: alertmanager, prometheus, http, file, program"},
      {"file: /a, http: \"https://x\"", "has two kinds"},
      {"alertmanager: \"http://alerts.example.com\"", "without TLS"},
      {"alertmanager: \"http://localhost.example.com\"", "without TLS"},
      {"alertmanager: \"http://127.0.0.1.example.com\"", "without TLS"},
      {"alertmanager: \"https://u:p@x\"", "a password in a URL is shown to everybody"},
      {"alertmanager: \"https://x/?a=b\"", "without \"?\""},
      {"http: \"https://x/#a\"", "no address of an API"},
      {"http: \"https://\"", "names no host"},
      {"http: \"ftp://x\"", "must be an https:// URL"},
      {"http: \"https://x y\"", "must be an https:// URL"},
      {"http: {url: \"https://x\", pointer: a}", "no JSON pointer"},
      {"prometheus: \"https://x\"", "must be a map"},
      {"prometheus: {url: \"https://x\"}", "lacks the key \"query\""},
      {"prometheus: {url: \"https://x\", query: \"\"}", "it is empty"},
      {"file: notices", "absolute path"},
      {"file: /a, token_file: /t", "goes with an address"},
      {"program: [tell]", "absolute path of the program"},
      {"program: []", "absolute path of the program"},
      {"file: /a, timeout: 11s", "10s at most"},
      {"file: /a, max_age: 6m", "5m at most"},
      {"file: /a, severity: page", "must be critical or warning"},
      {"file: /a, severity: {critcal: [a]}", "unknown key \"critcal\""},
      {"file: /a, severity: {}", "says nothing"},
      {"file: /a, labels: {}", "must name 1 to 20"},
      {"file: /a, labels: {\"a b\": c}", "not the name of a label"},
      {"file: /a, labels: {a: []}", "empty list"},
      {"file: /a, labels: {a: \"{commnd.name}\"}", "unknown path \"commnd.name\""},
      {"file: /a, labels: {a: \"{warnings.critical}\"}", "a label is made again"},
      {"http: \"https://x\", token_file: t", "absolute path of a file"}};
  for (const auto& [source, expected] : table) {
    INFO(source);
    const auto problems = source_problems(source);
    REQUIRE_FALSE(problems.empty());
    CHECK(problems.front().find(expected) != std::string::npos);
    INFO(problems.front());
  }
  for (const char* good :
       {"alertmanager: \"https://x:9093/am/\"", "alertmanager: \"http://[::1]:9093\"",
        "http: {url: \"http://localhost:1/x?y\", pointer: /a~1b}, allow_private: true",
        "file: /a, severity: {label: p, critical: [P1]}, labels: {a: [b, \"{user.name}\"]}"})
    CHECK(source_problems(good).empty());
}

TEST_CASE("a source belongs to the whole set") {
  const std::string same = "version: 1\n" + kAlerts;
  CHECK(problems_of({{"a", same}, {"b", same}}).empty());
  const std::string other =
      "version: 1\nwarnings: {alerts: {alertmanager: \"https://a.example.com\", labels: {a: b}}}\n";
  CHECK(problems_of({{"a", same}, {"b", other}}).at(0).find("the source \"alerts\" is defined twice") !=
        std::string::npos);
}

TEST_CASE("what denies because of warnings is told from what denies anyway") {
  const Set set = set_of(kAlerts + R"(rules:
  - {name: never, match: {command.name: rm}, effect: deny}
  - {name: calm, match: {command.name: "true", warnings.critical: 0, warnings.unknown: 0}, effect: allow}
  - {name: fire, match: {warnings.critical: {above: 0}}, effect: deny}
  - {name: rest, match: {command.name: echo}, effect: ask}
)");
  const auto because = [&](const char* name, Json active) {
    jit::context::Document source(
        {{"command", {{"argv", {name}}, {"name", name}}}, {"warnings", std::move(active)}});
    return denied_by_warnings(set, source, Effect::deny);
  };
  Json burning = warnings(1, 0, 0);
  burning["active"] = {
      {{"source", "alerts"}, {"severity", "critical"}, {"summary", "Down"}, {"since", nullptr}}};
  CHECK(because("echo", burning) ==
        std::vector<std::string>{"warnings: Down (critical, from alerts) is active now"});
  CHECK(because("true", burning).size() == 1);  // it would be allowed
  CHECK(because("rm", burning).empty());
  CHECK(because("cat", burning).empty());  // no rule is about it
}

TEST_CASE("a rule that reads what no source says is a mistake") {
  const std::string rule = "rules: [{name: r, match: {warnings.critical: {above: 0}}, effect: deny}]\n";
  CHECK(problems_of({{"p", "version: 1\n" + rule}}).at(0).find("names a source") != std::string::npos);
  CHECK(problems_of({{"p", "version: 1\n" + rule}, {"q", "version: 1\n" + kAlerts}}).empty());
}

TEST_CASE("rules match what is active") {
  const std::string rules =
      "rules: [{name: r, match: {warnings.critical: {above: 0}}, effect: deny}, {name: f, match: {}, effect: "
      "allow}]\n";
  CHECK(judged(rules, warnings(1, 0, 0)).effect == Effect::deny);
  CHECK(judged(rules, warnings(0, 9, 0)).effect == Effect::allow);
  CHECK(judged(rules, Json()).effect == Effect::allow);
}

TEST_CASE("what is unknown is judged the stricter way, wherever the rule stands") {
  const Json unknown = warnings(0, 0, 1);
  const auto seats = [](const Verdict& verdict) {
    return verdict.requirement.alternatives().at(0).at("sre");
  };
  CHECK(judged("rules: [{name: r, match: {warnings.critical: 0}, effect: allow}]\n", unknown).effect ==
        Effect::ask);
  CHECK(judged("rules: [{name: r, match: {warnings.critical: {not: {above: 0}}}, effect: allow}]\n", unknown)
            .effect == Effect::ask);
  CHECK(
      judged("rules: [{name: r, match: {warnings.critical: {above: 3}}, effect: deny}]\n", unknown).effect ==
      Effect::deny);
  CHECK(judged("rules: [{name: r, match: {warnings.critical: 1}, effect: deny}]\n", unknown).effect ==
        Effect::deny);
  CHECK(judged("rules: [{name: r, match: {warnings.warning: {above: 0}}, effect: deny}]\n", unknown).effect ==
        Effect::deny);
  const std::string calm =
      "{name: calm, match: {warnings.critical: 0}, effect: ask, approval: {from: {sre: 1}}}";
  const std::string fire = "{name: fire, match: {}, effect: ask, approval: {from: {sre: 2}}}";
  CHECK(seats(judged("rules: [" + calm + ", " + fire + "]\n", unknown)) == 2);
  CHECK(seats(judged("rules: [" + calm + ", " + fire + "]\n", warnings(0, 0, 0))) == 1);
  // Whatever reads `unknown` itself goes by it; and what reads none of it is not concerned.
  CHECK(judged("rules: [{name: r, match: {warnings.unknown: 1}, effect: allow}]\n", unknown).effect ==
        Effect::allow);
  CHECK(judged("rules: [{name: r, match: {}, effect: allow}]\n", unknown).effect == Effect::allow);
  std::vector<RuleTrace> trace;
  (void)judged("rules: [" + calm + ", " + fire + "]\n", unknown, &trace);
  CHECK(trace.back().judged == "k (if what is unknown of the warnings were critical)");
}

TEST_CASE("labels are filled in where they can be told for certain") {
  using Values = std::vector<std::string>;
  const std::string cluster = "{cluster: \"{command.options.context}\"}";
  CHECK(labels_of("{a: b, c: [d, \"\"]}", {"k"}) == jit::live::Labels{{"a", {"b"}}, {"c", {"d", ""}}});
  CHECK(labels_of(cluster, {"k", "--context", "eu"}).at("cluster") == Values{"eu"});
  CHECK(labels_of("{c: \"x-{command.options.context}-{{y}}\"}", {"k", "--context=eu"}).at("c") ==
        Values{"x-eu-{y}"});
  CHECK(labels_of(cluster, {"k"}).empty());
  CHECK(labels_of(cluster, {"k", "--context="}).empty());
  CHECK(labels_of(cluster, {"k", "--context", "eu", "--context", "us"}).empty());
  CHECK(labels_of(cluster, {"sudo", "k", "--context", "eu"}).empty());
  CHECK(labels_of(cluster, {"k", "--context", "[redacted]"}).empty());
}

TEST_CASE("a policy's own tests give what is active, and ask nobody") {
  const auto results = run_tests(set_of(kAlerts + R"(
rules: [{name: r, match: {warnings.critical: {above: 0}}, effect: deny}, {name: f, match: {}, effect: allow}]
tests:
  - {name: fire, given: {argv: [k], warnings.critical: 1}, expect: {effect: deny}}
  - {name: blind, given: {argv: [k], warnings.critical: 0, warnings.unknown: 1}, expect: {effect: deny}}
  - {name: calm, given: {argv: [k]}, expect: {effect: allow}}
)"));
  REQUIRE(results.size() == 3);
  for (const auto& result : results) CHECK(result.problem == "");
}
