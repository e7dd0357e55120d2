#include <catch2/catch.hpp>

#include "policy/support.hpp"

using namespace jit::policy;

namespace {

const std::string kFrozenRules = R"(
groups: {sre: [bob], release: [carol]}
rules:
  - {name: reads, match: {command.name: get}, effect: allow}
  - {name: never, match: {command.name: rm}, effect: deny}
  - name: changes
    match: {command.name: set}
    effect: ask
    approval: {from: {sre: 1}, expires: 20m, valid_for: 5m, uses: 3, deny_threshold: 2, scope: rule}
    break_glass: {from: [sre]}
freezes:
)";

Verdict frozen(const std::string& freeze, const std::string& time, const std::string& command) {
  const Set set = set_of(kFrozenRules + "  - {name: freeze, " + freeze + "}\n");
  auto context = context_of({command});
  context["time"]["at"] = time;
  return judge_context(set, std::move(context), Effect::ask);
}

const std::string kDays = "from: 2026-12-24, to: 2026-12-25";
const std::string kWithin = "2026-12-24T12:00:00Z";

}  // namespace

TEST_CASE("while a freeze lasts, what the rules ask about is denied, and nothing else changes") {
  const Verdict verdict = frozen(kDays + ", message: closed", kWithin, "set");
  CHECK(verdict.effect == Effect::deny);
  CHECK(verdict.rules == std::vector<std::string>{"freeze"});
  CHECK(verdict.message == "frozen until 2026-12-26T00:00Z: closed");
  CHECK(frozen(kDays, kWithin, "get").effect == Effect::allow);
  CHECK(frozen(kDays, kWithin, "rm").rules == std::vector<std::string>{"never"});
  CHECK(frozen(kDays, kWithin, "other").effect == Effect::deny);  // what no rule is about asks, too
  for (const char* outside : {"2026-12-23T23:59:59Z", "2026-12-26T00:00:00Z"})
    CHECK(frozen(kDays, outside, "set").effect == Effect::ask);
  for (const char* inside : {"2026-12-24T00:00:00Z", "2026-12-25T23:59:59Z"})
    CHECK(frozen(kDays, inside, "set").effect == Effect::deny);
}

TEST_CASE("who may override a freeze is asked in addition, and the rule's own terms stay") {
  const Verdict verdict = frozen(kDays + ", override: {release: 1}", kWithin, "set");
  CHECK(verdict.effect == Effect::ask);
  CHECK(verdict.rules == std::vector<std::string>{"changes", "freeze"});
  const Requirement& requirement = verdict.requirement;
  CHECK(requirement.from == std::vector<Requirement::Seats>{{{"release", 1}, {"sre", 1}}});
  CHECK(requirement.expires == std::chrono::minutes{20});
  CHECK(requirement.valid_for == std::chrono::minutes{5});
  CHECK(requirement.uses == 3);
  CHECK(requirement.deny_threshold == 2);
  CHECK(requirement.any_of_rule);
  CHECK_FALSE(requirement.self);
  REQUIRE(requirement.break_glass);
  CHECK(requirement.break_glass->from == std::vector<std::vector<std::string>>{{"sre"}});
  CHECK(frozen(kDays + ", override: {release: 1}", kWithin, "get").effect == Effect::allow);
}

TEST_CASE("a freeze with a match is about what matches, allowed commands too") {
  CHECK(frozen(kDays + ", match: {command.name: get}", kWithin, "get").effect == Effect::deny);
  CHECK(frozen(kDays + ", match: {command.name: get}", kWithin, "set").effect == Effect::ask);
  const Verdict asked = frozen(kDays + ", match: {command.name: get}, effect: ask", kWithin, "get");
  CHECK(asked.effect == Effect::ask);
  CHECK(asked.requirement.from.empty());
  CHECK(asked.requirement.expires == Requirement{}.expires);  // where no rule asks, what is usual
  CHECK(asked.requirement.uses == 1);
  CHECK_FALSE(asked.requirement.self);
  CHECK_FALSE(asked.requirement.any_of_rule);
}

TEST_CASE("a freeze's times are those of its zone") {
  const std::string berlin = "from: 2026-12-23 18:00, to: 2026-12-24, zone: Europe/Berlin";
  CHECK(frozen(berlin, "2026-12-23T16:59:59Z", "set").effect == Effect::ask);
  CHECK(frozen(berlin, "2026-12-23T17:00:00Z", "set").effect == Effect::deny);
  CHECK(frozen(berlin, "2026-12-24T22:59:59Z", "set").effect == Effect::deny);
  CHECK(frozen(berlin, "2026-12-24T23:00:00Z", "set").effect == Effect::ask);
  // A day of 23 hours ends with its last.
  const std::string short_day = "from: 2026-03-29, to: 2026-03-29, zone: Europe/Berlin";
  CHECK(frozen(short_day, "2026-03-29T21:59:59Z", "set").effect == Effect::deny);
  CHECK(frozen(short_day, "2026-03-29T22:00:00Z", "set").effect == Effect::ask);
  CHECK(frozen("from: 2026-12-23T17:00:00Z, to: 2026-12-24, zone: Asia/Tokyo", "2026-12-23T17:00:00Z", "set")
            .effect == Effect::deny);
}

TEST_CASE("what is wrong with a freeze is said with its place") {
  const auto problems = [](const std::string& freeze) {
    return problems_of({{"p", "version: 1\nfreezes:\n  - {name: f, " + freeze + "}\n"}});
  };
  const auto first = [&](const std::string& freeze) { return problems(freeze).at(0); };
  CHECK(problems(kDays).empty());
  CHECK(first("from: 2026-12-24") == "p:3:5: a freeze lacks the key \"to\"");
  CHECK(first("from: 2026-12-24, to: 2026-12-23") == "p:3:5: a freeze that ends before it begins");
  CHECK_THAT(first("from: tomorrow, to: 2026-12-23"), Catch::Contains("is no time: write 2026-12-23"));
  CHECK_THAT(first("from: 2026-02-30, to: 2026-12-23"), Catch::Contains("is no time"));
  CHECK_THAT(first(kDays + ", zone: Berlin"), Catch::Contains("unknown time zone"));
  CHECK_THAT(first(kDays + ", effect: allow"), Catch::Contains("must be deny or ask"));
  CHECK_THAT(first(kDays + ", override: {nobody: 1}"), Catch::Contains("unknown group \"nobody\""));
  CHECK_THAT(first(kDays + ", when: now"), Catch::Contains("unknown key \"when\""));
}

TEST_CASE("nobody overrides a freeze for themselves") {
  const Set set = set_of(R"(
groups: {rm: [alice, bob]}
rules:
  - {name: confirm, match: {}, effect: ask, approval: {self: true}}
freezes:
  - {name: freeze, from: 2026-12-24, to: 2026-12-25, override: {rm: 1}}
)");
  const auto self = [&](const std::string& time) {
    auto context = context_of({"set"});
    context["time"]["at"] = time;
    return judge_context(set, std::move(context)).requirement.self;
  };
  CHECK(self("2026-12-23T12:00:00Z"));
  CHECK_FALSE(self(kWithin));
}
