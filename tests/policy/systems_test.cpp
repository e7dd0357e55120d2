#include "policy/systems.hpp"

#include <catch2/catch.hpp>

#include "policy/explain.hpp"
#include "policy/policy_tests.hpp"
#include "policy/support.hpp"
#include "util/error.hpp"

using namespace jit::policy;

namespace {

using Json = jit::util::Json;
using Names = std::vector<std::string>;
using From = std::vector<Requirement::Seats>;

const std::string kSystems = R"(
groups: {dba: [erin, frank], web: [gina]}
commands: {db: {value_options: [--host]}}
systems:
  payments-db:
    match: {command.name: db, command.options.host: "pay*"}
    environment: production
    owners: [dba, heidi]
    link: https://runbooks.example/payments
  sandbox-db: {match: {command.name: db, command.options.host: "sand*"}, environment: development, owners: [web]}
  shop: {match: {command.argv: "*shop*"}, environment: production, owners: [web]}
  attic: {match: {command.name: attic}}
)";

Set with_rules(const std::string& rules) {
  return set_of(kSystems + "rules:\n" + rules);
}

Json labelled_context(const Names& argv, const std::string& environment) {
  Json context = context_of(argv);
  context["labels"]["environment"] = environment;
  return context;
}

Names names_of(const std::vector<System>& systems) {
  Names names;
  for (const auto& system : systems) names.push_back(system.name);
  return names;
}

Names about(const Set& set, Json context) {
  jit::context::Document source(std::move(context));
  return names_of(systems_of(set, source));
}

const std::string kAsk = "  - {name: ask, match: {command.name: [db, attic, other, sudo]}, effect: ask}\n";
const std::string kOwnersAsk = "  - {name: own, match: {}, effect: ask, approval: {from: {owners: 1}}}\n";

}  // namespace

TEST_CASE("a command is about each system whose match holds, and says so") {
  const Verdict verdict = judge(with_rules(kAsk), {"db", "--host=pay-1", "drop", "shop"});
  CHECK(names_of(verdict.systems) == Names{"payments-db", "shop"});
  CHECK(verdict.systems.front() ==
        System{"payments-db", "production", "https://runbooks.example/payments", {"dba", "heidi"}});
  CHECK(verdict.labels ==
        std::map<std::string, std::string>{{"system", "payments-db, shop"}, {"environment", "production"}});
  CHECK(judge(with_rules(kAsk), {"other"}).systems.empty());
  CHECK(judge(with_rules(kAsk), {"other"}).labels.empty());
  CHECK(judge(with_rules(kAsk), {"attic"}).labels == std::map<std::string, std::string>{{"system", "attic"}});
}

TEST_CASE("what a command runs is what it is about, by whatever name") {
  const Set set = with_rules(kAsk);
  CHECK(about(set, context_of({"sudo", "db", "--host=pay-1"})) == Names{"payments-db"});
  CHECK(about(set, context_of({"sh", "-c", "db --host=sand-1 | db --host=pay-1"})) ==
        Names{"payments-db", "sandbox-db"});
  Json linked = context_of({"./x", "--host", "pay-1"});
  linked["command"]["resolved"] = "db";
  CHECK(about(set, linked) == Names{"payments-db"});
  Json inner = context_of({"sudo", "./x", "--host=pay-1"});
  inner["command"]["files"] = Json::array({{{"path", "/w/x"}, {"runs", "./x"}, {"resolved", "db"}}});
  CHECK(about(set, inner) == Names{"payments-db"});
}

TEST_CASE("a system's label stands over the requester's, in rules and in what is shown") {
  const Set set = with_rules(R"(
  - {name: free, match: {command.name: [db, other], labels.environment: development}, effect: allow}
  - {name: held, match: {labels.environment: production}, effect: deny}
)");
  CHECK(judge_context(set, labelled_context({"other"}, "development")).effect == Effect::allow);
  CHECK(judge_context(set, labelled_context({"db", "--host=sand-1"}, "x")).effect == Effect::allow);
  CHECK(judge_context(set, labelled_context({"db", "--host=pay-1"}, "development")).effect == Effect::deny);
  CHECK(judge_context(set, labelled_context({"sudo", "db", "--host=pay-1"}, "development")).effect ==
        Effect::deny);
  // One of its systems is in production: whatever the other is.
  CHECK(judge(set, {"sh", "-c", "db --host=sand-1; db --host=pay-1"}).effect == Effect::deny);
}

TEST_CASE("in doubt a command is about the system, and no rule allows because of that") {
  const Set set = with_rules(R"(
  - {name: free, match: {command.name: db, labels.environment: development}, effect: allow}
  - {name: named, match: {command.name: db, systems.name: sandbox-db}, effect: allow}
  - {name: held, match: {systems.environment: production}, effect: deny}
)");
  // Given twice: which one counts is not told.
  const Names twice{"db", "--host=sand-1", "--host=pay-1"};
  CHECK(about(set, context_of(twice)) == Names{"payments-db", "sandbox-db"});
  CHECK(judge_context(set, labelled_context(twice, "development")).effect == Effect::deny);
  const Names perhaps{"db", "--host=sand-1", "--host=elsewhere"};
  CHECK(about(set, context_of(perhaps)) == Names{"sandbox-db"});
  CHECK(judge(set, perhaps).effect == Effect::ask);
  // With the requester's word where it is none of the systems' and the system's where it is: all the same.
  CHECK(judge_context(set, labelled_context(perhaps, "development")).rules == Names{"free"});
  CHECK(judge(set, {"db", "--host=sand-1"}).effect == Effect::allow);
}

TEST_CASE("that a part of a command is about a system allows no other part") {
  const Set set = with_rules(R"(
  - {name: free, match: {systems.environment: development}, effect: allow}
  - {name: shell, match: {command.name: sh}, effect: allow}
  - {name: homeless, match: {command.name: [wipe, sudo], systems.name: {exists: false}}, effect: deny}
)");
  CHECK(judge(set, {"db", "--host=sand-1"}).effect == Effect::allow);
  CHECK(judge(set, {"sh", "-c", "db --host=sand-1"}).effect == Effect::allow);
  CHECK(judge(set, {"sh", "-c", "db --host=sand-1; other"}).effect == Effect::ask);
  CHECK(judge(set, {"sh", "-c", "db --host=sand-1; wipe"}).effect == Effect::deny);
  CHECK(judge(set, {"sudo", "db", "--host=sand-1"}).effect == Effect::ask);
  CHECK(judge(set, {"sudo", "other"}).effect == Effect::deny);
}

TEST_CASE("a rule about systems is about one of them, or about all of them together") {
  const Set set = with_rules(R"(
  - {name: both, match: {systems.name: {all: [payments-db, shop]}}, effect: deny}
  - {name: no-production, match: {systems.environment: {not: production}}, effect: allow}
  - {name: owned, match: {systems.owners: dba, systems.link: "https://runbooks*"}, effect: ask}
  - {name: none, match: {systems.name: {exists: false}}, effect: deny}
)");
  const auto rules = [&](const Names& argv) { return judge(set, argv).rules; };
  CHECK(rules({"db", "--host=pay-1", "shop"}) == Names{"both"});
  CHECK(rules({"db", "--host=pay-1"}) == Names{"owned"});
  CHECK(rules({"db", "--host=sand-1"}) == Names{"no-production"});
  CHECK(rules({"db", "--host=sand-1", "shop"}).empty());
  CHECK(rules({"other"}) == Names{"no-production"});
}

TEST_CASE("owners are those of each system: a seat of each") {
  const Set set = with_rules(kOwnersAsk);
  CHECK(judge(set, {"db", "--host=pay-1"}).requirement.from == From{{{"owners of payments-db", 1}}});
  const Verdict both = judge(set, {"db", "--host=pay-1", "shop"});
  CHECK(both.requirement.from == From{{{"owners of payments-db", 1}, {"owners of shop", 1}}});
  CHECK(both.unapprovable.empty());
  const auto roster = set.groups().resolve({"owners of payments-db", "owners of shop"});
  CHECK(roster.at("owners of payments-db") == std::set<std::string>{"erin", "frank", "heidi"});
  CHECK(roster.at("owners of shop") == std::set<std::string>{"gina"});
}

TEST_CASE("owners stand beside other groups, and in each alternative") {
  const Set set = with_rules(
      "  - {name: own, match: {}, effect: ask, approval: {from: [{owners: 2, web: 1}, {dba: 2}]}}\n");
  CHECK(judge(set, {"db", "--host=pay-1"}).requirement.from ==
        From{{{"owners of payments-db", 2}, {"web", 1}}, {{"dba", 2}}});
  // Where there are none, the other alternative remains.
  CHECK(judge(set, {"other"}).requirement.from == From{{{"dba", 2}}});
  CHECK(judge(set, {"other"}).unapprovable.empty());
}

TEST_CASE("where there are no owners nobody can approve, and why is said") {
  const Set set = with_rules(kOwnersAsk);
  for (const auto& [argv, part] :
       std::vector<std::pair<Names, std::string>>{{{"other"}, "none of the policies' systems matches it"},
                                                  {{"attic"}, "attic has none"},
                                                  {{"attic", "shop"}, "attic has none"}}) {
    INFO(part);
    const Verdict verdict = judge(set, argv);
    CHECK(verdict.effect == Effect::ask);
    CHECK(verdict.unapprovable.find(part) != std::string::npos);
    CHECK(verdict.requirement.from == From{{{"owners", 1}}});
    CHECK(set.groups().resolve({"owners"}).at("owners").empty());
  }
}

TEST_CASE("owners may break the glass, each of their system") {
  const Set set = with_rules(
      "  - {name: own, match: {}, effect: ask, break_glass: {from: [owners, web]}}\n"
      "  - {name: never, match: {}, effect: deny}\n");
  using Lists = std::vector<Names>;
  CHECK(judge(set, {"db", "--host=pay-1"}).requirement.break_glass->from ==
        Lists{{"web", "owners of payments-db"}});
  CHECK(judge(set, {"other"}).requirement.break_glass->from == Lists{{"web"}});
  const Set only = with_rules("  - {name: own, match: {}, effect: ask, break_glass: {from: [owners]}}\n");
  CHECK_FALSE(judge(only, {"other"}).requirement.break_glass);
}

TEST_CASE("a freeze can be of a system, and its override of the owners") {
  const Set set = set_of(kSystems + R"(
rules: [{name: all, match: {}, effect: allow}]
freezes:
  - {name: closed, from: 2026-12-24, to: 2026-12-26, match: {systems.name: payments-db}, override: {owners: 1}}
)");
  Json context = context_of({"db", "--host=pay-1"});
  context["time"]["at"] = "2026-12-25T12:00:00Z";
  CHECK(judge_context(set, context).requirement.from == From{{{"owners of payments-db", 1}}});
  context["command"]["argv"] = {"db", "--host=sand-1"};
  CHECK(judge_context(set, context).effect == Effect::allow);
}

TEST_CASE("systems that could not be told apart, or would follow from themselves, are refused") {
  const auto problem = [](const std::string& text) {
    const auto problems = problems_of({{"p", "version: 1\n" + text}});
    return problems.empty() ? "" : problems.front();
  };
  const auto holds = [&](const std::string& text, const std::string& part) {
    INFO(text);
    const std::string said = problem(text);
    INFO(said);
    CHECK(said.find(part) != std::string::npos);
  };
  CHECK(problem("systems: {a: {match: {command.name: x}}}\n").empty());
  for (const char* path : {"systems.name: x", "labels.system: x", "any: [{labels.environment: x}]",
                           "not: {activity.requests_24h: 1}", "warnings.critical: 1"})
    holds("systems: {a: {match: {" + std::string(path) + "}}}\n", "the match of a system cannot read");
  holds("systems: {a: {environment: x}}\n", "lacks the key \"match\"");
  holds("systems: {\"a\\x1b[31m\": {match: {}}}\n", "a control character");
  holds("systems: {\"\xc3\xa4\": {match: {}}}\n", "printable ASCII");
  holds("systems: {a: {match: {}, environment: \"x\\ny\"}}\n", "one line");
  holds("systems: {a: {match: {}, link: \"http://x\"}}\n", "https://");
  holds("systems: {a: {match: {}, link: \"https://x y\"}}\n", "https://");
  holds("systems: {a: {match: {}, owners: []}}\n", "empty list");
  holds("systems: {a: {match: {}, owners: [anyone]}}\n", "cannot be an owner");
  holds("systems: {a: {match: {}, owners: [\"ldap:x\"]}}\n", "cannot be an owner");
  holds("systems: {a: {match: {}, owner: [x]}}\n", "did you mean \"owners\"");
  holds("groups: {owners: [x]}\n", "cannot be called");
  holds("groups: {\"owners of a\": [x]}\n", "cannot be called");
  holds("rules: [{name: r, match: {}, effect: ask, approval: {from: {owners: 1}}}]\n",
        "nobody could approve");
  holds(
      "systems: {a: {match: {}}}\nrules: [{name: r, match: {}, effect: ask, approval: {from: {owners: "
      "1}}}]\n",
      "nobody could approve");
  holds("tests: [{name: t, given: {argv: [x]}, expect: {effect: ask, systems: [a]}}]\n", "unknown system");
  holds("tests: [{name: t, given: {argv: [x], systems.name: [a]}, expect: {effect: ask}}]\n",
        "cannot be given");
}

TEST_CASE("the name of a system belongs to the whole set") {
  const std::string first = "version: 1\nsystems: {a: {match: {command.name: x}, owners: [bob]}}\n";
  CHECK(problems_of({{"p", first}, {"q", first}}).empty());
  const auto problems = problems_of(
      {{"p", first}, {"q", "version: 1\nsystems: {a: {match: {command.name: other}, owners: [bob]}}\n"}});
  REQUIRE(problems.size() == 1);
  CHECK(problems.front() == "q:2:11: the system \"a\" is defined twice: also at p:2");
}

TEST_CASE("tests say which systems a command is about") {
  const Set set = set_of(kSystems + R"(
rules: [{name: own, match: {}, effect: ask, approval: {from: {owners: 1}}}]
tests:
  - name: right
    given: {argv: [db, --host=pay-1, shop]}
    expect: {effect: ask, systems: [shop, payments-db], from: {"owners of shop": 1, "owners of payments-db": 1}}
  - {name: wrong, given: {argv: [db, --host=pay-1]}, expect: {effect: ask, systems: []}}
)");
  const auto results = run_tests(set);
  REQUIRE(results.size() == 2);
  CHECK(results[0].problem.empty());
  CHECK(results[1].problem == "expected systems [], got [payments-db]");
}

TEST_CASE("an explanation names the systems, also of what is allowed") {
  const Set set = with_rules("  - {name: all, match: {}, effect: allow}\n");
  jit::context::Document source(context_of({"db", "--host=pay-1"}));
  const auto explanation = explain(set, source, Effect::ask);
  CHECK(to_text(explanation, false)
            .find("systems      payments-db (production), owners: dba, heidi, "
                  "https://runbooks.example/payments\n") != std::string::npos);
  CHECK(to_json(explanation, source.json())["context"]["systems"] ==
        Json::parse(R"([{"name": "payments-db", "environment": "production", "owners": ["dba", "heidi"],
                         "link": "https://runbooks.example/payments"}])"));
  ReplacedContext replaced(source.json());
  CHECK_THROWS_AS(replaced.set("systems.name=x"), jit::util::UsageError);
}

TEST_CASE("a set without systems leaves the requester's labels as they are") {
  const Set set = set_of("rules: [{name: own, match: {labels.environment: dev}, effect: allow}]\n");
  CHECK(judge_context(set, labelled_context({"x"}, "dev")).effect == Effect::allow);
  CHECK(judge_context(set, labelled_context({"x"}, "prod")).effect == Effect::ask);
}
