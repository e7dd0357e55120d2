#include "policy/verdict.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "util/error.hpp"

using namespace jit::policy;
using namespace std::chrono_literals;
using Seats = Requirement::Seats;

namespace {

Verdict asking(std::string rule, std::vector<Seats> from) {
  Verdict verdict;
  verdict.effect = Effect::ask;
  verdict.rules = {std::move(rule)};
  verdict.requirement.from = std::move(from);
  return verdict;
}

}  // namespace

TEST_CASE("a verdict that nobody made denies") {
  REQUIRE(Verdict{}.effect == Effect::deny);
}

TEST_CASE("the stricter verdict wins, and brings its own rules and message") {
  for (const auto& [strict, weak] :
       {std::pair{Effect::deny, Effect::ask}, std::pair{Effect::deny, Effect::allow},
        std::pair{Effect::ask, Effect::allow}}) {
    Verdict a;
    a.effect = strict;
    a.rules = {"a"};
    a.message = "no";
    Verdict b;
    b.effect = weak;
    b.rules = {"b"};
    b.message = "yes";
    for (const auto& both : {combine(a, b), combine(b, a)}) {
      REQUIRE(both.effect == strict);
      REQUIRE(both.rules == std::vector<std::string>{"a"});
      REQUIRE(both.message == "no");
    }
  }
}

TEST_CASE("several asks combine") {
  Verdict a = asking("a", {{{"sre", 2}}});
  a.message = "one";
  a.labels = {{"x", "1"}};
  a.requirement.self = true;
  a.requirement.expires = 10min;
  a.requirement.valid_for = 5min;
  a.requirement.uses = 3;
  a.requirement.deny_threshold = 2;
  a.requirement.tickets = {"A"};
  Verdict b = asking("b", {{{"sre", 1}, {"dba", 1}}});
  b.message = "two";
  b.labels = {{"y", "2"}};
  b.requirement.expires = 20min;
  b.requirement.valid_for = 4min;
  b.requirement.uses = 2;
  b.requirement.deny_threshold = 3;
  b.requirement.reason = true;
  b.requirement.signatures = true;
  b.requirement.tickets = {"B", "A"};

  const Verdict both = combine(a, b);
  REQUIRE(both.rules == std::vector<std::string>{"a", "b"});
  REQUIRE(both.message == "one\ntwo");
  REQUIRE(both.labels == std::map<std::string, std::string>{{"x", "1"}, {"y", "2"}});
  REQUIRE(both.requirement.from == std::vector<Seats>{{{"dba", 1}, {"sre", 2}}});
  REQUIRE_FALSE(both.requirement.self);
  REQUIRE(both.requirement.expires == 10min);
  REQUIRE(both.requirement.valid_for == 4min);
  REQUIRE(both.requirement.uses == 2);
  REQUIRE(both.requirement.deny_threshold == 2);
  REQUIRE(both.requirement.reason);
  REQUIRE(both.requirement.signatures);
  REQUIRE_FALSE(both.requirement.bind_input);
  b.requirement.bind_input = true;
  REQUIRE(combine(a, b).requirement.bind_input);
  REQUIRE(requirement_from_json(to_json(b.requirement)).bind_input);
  REQUIRE(both.requirement.previews.empty());
  const Preview preview{"r", {"plan", "show"}, "", std::chrono::seconds{10}, {"^at "}, {0, 2}};
  const Preview unmade{"s", {}, "it cannot be", std::chrono::seconds{10}, {}, {0}};
  a.requirement.previews = {preview};
  b.requirement.previews = {unmade, preview};
  REQUIRE(combine(a, b).requirement.previews == std::vector<Preview>{preview, unmade});
  REQUIRE(requirement_from_json(to_json(b.requirement)).previews == b.requirement.previews);
  for (const char* key : {"rule", "argv", "timeout", "ignore", "exit"}) {
    auto broken = to_json(b.requirement);
    broken["preview"][0][key] = 1;
    REQUIRE_THROWS(requirement_from_json(broken));
  }
  REQUIRE_FALSE(both.requirement.any_of_rule);
  a.requirement.any_of_rule = true;
  REQUIRE_FALSE(combine(a, b).requirement.any_of_rule);
  REQUIRE(combine(a, a).requirement.any_of_rule);
  REQUIRE(requirement_from_json(to_json(a.requirement)).any_of_rule);
  REQUIRE(both.requirement.record == Record::none);
  a.requirement.record = Record::outcome;
  REQUIRE(combine(a, b).requirement.record == Record::outcome);
  b.requirement.record = Record::session;
  REQUIRE(combine(a, b).requirement.record == Record::session);
  REQUIRE(to_json(b.requirement)["record"] == "session");
  REQUIRE(requirement_from_json(to_json(b.requirement)).record == Record::session);
  jit::util::Json unknown = to_json(b.requirement);
  unknown["record"] = "everything";  // what is to be kept must not become nothing
  REQUIRE_THROWS_AS(requirement_from_json(unknown), jit::util::Error);
  REQUIRE_FALSE(both.requirement.break_glass);  // one of them does not permit it
  a.requirement.break_glass = BreakGlass{{{"oncall"}}, 2h};
  REQUIRE_FALSE(combine(a, b).requirement.break_glass);
  b.requirement.break_glass = BreakGlass{{{"dba"}}, 1h};
  REQUIRE(combine(a, b).requirement.break_glass == BreakGlass{{{"oncall"}, {"dba"}}, 1h});
  REQUIRE(requirement_from_json(to_json(a.requirement)).break_glass == a.requirement.break_glass);
  REQUIRE(combine(b, a).requirement.signatures);
  REQUIRE_FALSE(combine(a, a).requirement.signatures);
  REQUIRE(both.requirement.tickets == std::vector<std::string>{"A", "B"});
  REQUIRE(combine(b, a).requirement.from == both.requirement.from);
}

TEST_CASE("alternatives multiply out") {
  const Verdict a = asking("a", {{{"sre", 2}}, {{"sre", 1}, {"dba", 1}}});
  const Verdict b = asking("b", {{{"dba", 2}}, {{"ops", 1}}});
  REQUIRE(combine(a, b).requirement.from == std::vector<Seats>{{{"dba", 2}, {"sre", 2}},
                                                               {{"ops", 1}, {"sre", 2}},
                                                               {{"dba", 2}, {"sre", 1}},
                                                               {{"dba", 1}, {"ops", 1}, {"sre", 1}}});
  SECTION("the same one is there once") {
    REQUIRE(combine(asking("a", {{{"x", 1}}}), asking("b", {{{"x", 1}}})).requirement.from ==
            std::vector<Seats>{{{"x", 1}}});
  }
  SECTION("who asks anybody adds nothing to who asks somebody") {
    REQUIRE(combine(a, asking("b", {})).requirement.from == a.requirement.from);
    REQUIRE(combine(asking("b", {}), a).requirement.from == a.requirement.from);
    REQUIRE(combine(asking("a", {}), asking("b", {})).requirement.from.empty());
  }
  SECTION("and never without end") {
    Verdict all = asking("0", {});
    for (int i = 0; i < 20; ++i) {
      const std::string n = std::to_string(i);
      all = combine(all, asking(n, {{{"a" + n, 1}}, {{"b" + n, 1}}, {{"c" + n, 1}}}));
    }
    REQUIRE_FALSE(all.requirement.from.empty());
    for (const auto& seats : all.requirement.from) REQUIRE(seats.size() == 20);
  }
}

TEST_CASE("an ask without approval.from is one of anyone") {
  REQUIRE(Requirement{}.alternatives() == std::vector<Seats>{{{"anyone", 1}}});
  REQUIRE_FALSE(Requirement{}.self);
  REQUIRE(Requirement{}.expires == 30min);
  REQUIRE(Requirement{}.valid_for == 10min);
  REQUIRE(Requirement{}.uses == 1);
  REQUIRE(Requirement{}.deny_threshold == 1);
}

TEST_CASE("a requirement is written as JSON and read back") {
  Requirement requirement;
  requirement.from = {{{"sre", 2}}, {{"sre", 1}, {"dba", 1}}};
  requirement.self = true;
  requirement.expires = 90min;
  requirement.valid_for = 5min;
  requirement.uses = 4;
  requirement.deny_threshold = 2;
  requirement.reason = true;
  requirement.tickets = {"OPS-[0-9]+"};
  const auto json = to_json(requirement);
  REQUIRE(json.dump() ==
          R"({"deny_threshold":2,"expires":"1h30m","from":[{"sre":2},{"dba":1,"sre":1}],"reason":true,)"
          R"("self":true,"tickets":["OPS-[0-9]+"],"uses":4,"valid_for":"5m"})");
  REQUIRE(requirement_from_json(json) == requirement);
  requirement.signatures = true;
  REQUIRE(to_json(requirement)["signed"] == true);
  REQUIRE(requirement_from_json(to_json(requirement)) == requirement);
  REQUIRE(requirement_from_json(to_json(Requirement{})).alternatives() == Requirement{}.alternatives());
}

TEST_CASE("a requirement of another form is refused") {
  const auto good = to_json(Requirement{});
  for (const char* key :
       {"from", "self", "expires", "valid_for", "uses", "deny_threshold", "reason", "tickets"}) {
    INFO(key);
    auto without = good;
    without.erase(key);
    REQUIRE_THROWS_AS(requirement_from_json(without), jit::util::Error);
    auto wrong = good;
    wrong[key] = -1.5;
    REQUIRE_THROWS_AS(requirement_from_json(wrong), jit::util::Error);
  }
  for (const char* from : {R"([{}])", R"([{"a":0}])", R"([{"a":"1"}])", R"([1])", R"({"a":1})"}) {
    auto wrong = good;
    wrong["from"] = jit::util::Json::parse(from);
    REQUIRE_THROWS_AS(requirement_from_json(wrong), jit::util::Error);
  }
  REQUIRE_THROWS_AS(requirement_from_json(jit::util::Json::array()), jit::util::Error);
}
