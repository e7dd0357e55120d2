// Programs by the names that symbolic links resolve to.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "support.hpp"

namespace jit::policy {
namespace {

using util::Json;
using Names = std::vector<std::string>;

TEST_CASE("a link is judged also by the name that it resolves to, where that is stricter") {
  const Set set = set_of(R"(
rules:
  - {name: k, match: {command.name: [k, nice]}, effect: allow}
  - {name: reads, match: {command.name: kubectl, command.subcommand: "get *"}, effect: allow}
  - {name: deletes, match: {command.name: kubectl, command.subcommand: "delete *"}, effect: deny}
)");
  Json context = context_of({"k", "delete", "x"});
  REQUIRE(judge_context(set, context).effect == Effect::allow);
  context["command"]["resolved"] = "kubectl";
  REQUIRE(judge_context(set, context).effect == Effect::deny);
  context["command"]["argv"] = {"k", "get", "x"};
  REQUIRE(judge_context(set, context).effect == Effect::allow);
  // An allow rule for what it resolves to is none for the link.
  context["command"]["argv"] = {"other", "get", "x"};
  REQUIRE(judge_context(set, context).effect == Effect::ask);

  SECTION("inside of a wrapper, too") {
    Json inner = context_of({"nice", "k", "delete", "x"});
    REQUIRE(judge_context(set, inner).effect == Effect::allow);
    inner["command"]["files"] = {{{"path", "/bin/k"}, {"runs", "k"}, {"resolved", "kubectl"}}};
    REQUIRE(judge_context(set, inner).effect == Effect::deny);
  }
}

// A context in which these programs are links: what runs, and what that resolves to.
Json linked(const Names& argv, const std::vector<std::pair<std::string, std::string>>& links) {
  Json context = context_of(argv);
  context["command"]["files"] = Json::array();
  for (const auto& [runs, resolved] : links) {
    if (runs == argv.front()) context["command"]["resolved"] = resolved;
    context["command"]["files"].push_back(
        {{"path", "/home/a/" + runs}, {"runs", runs}, {"resolved", resolved}});
  }
  return context;
}

const std::vector<std::pair<std::string, std::string>> kLinks = {
    {"./k", "kubectl"}, {"./e", "env"}, {"./s", "dash"}, {"sub/./d", "kubectl"}};

TEST_CASE("a command within a link of a link is seen") {
  const Set set = set_of(R"(
rules:
  - {name: no-delete, match: {command.name: kubectl, command.argv: delete}, effect: deny}
  - {name: rest, match: {}, effect: allow}
)");
  const auto effect = [&](const Names& argv) { return judge_context(set, linked(argv, kLinks)).effect; };
  CHECK(effect({"env", "kubectl", "delete"}) == Effect::deny);
  CHECK(effect({"env", "./k", "delete"}) == Effect::deny);
  CHECK(effect({"./e", "kubectl", "delete"}) == Effect::deny);
  CHECK(effect({"./e", "./k", "delete"}) == Effect::deny);
  CHECK(effect({"nice", "./e", "kubectl", "delete"}) == Effect::deny);
  CHECK(effect({"nice", "./e", "./k", "delete"}) == Effect::deny);
  CHECK(effect({"env", "./s", "-c", "kubectl delete"}) == Effect::deny);
  CHECK(effect({"./e", "./s", "-c", "./e ./k delete"}) == Effect::deny);
  CHECK(effect({"sh", "-c", "true; ./k delete"}) == Effect::deny);
  CHECK(effect({"sh", "-c", "./e kubectl delete"}) == Effect::deny);
  CHECK(effect({"sh", "-c", "cd sub && ./d delete"}) == Effect::deny);
  CHECK(effect({"find", ".", "-exec", "./e", "kubectl", "delete", ";"}) == Effect::deny);
  // A shell that takes its commands from somewhere.
  CHECK(effect({"env", "./s"}) == Effect::ask);
  CHECK(effect({"env", "./k", "get"}) == Effect::allow);
  CHECK(effect({"./e", "./k", "get"}) == Effect::allow);
  // What runs elsewhere is no file of here.
  CHECK(effect({"ssh", "host", "./k", "delete"}) != Effect::deny);
}

TEST_CASE("each name on the way through the links is one of its names") {
  const Set set = set_of(R"(
rules:
  - {name: no-kubectl, match: {command.name: kubectl}, effect: deny}
  - {name: no-shell, match: {command.name: busybox, command.argv: sh}, effect: deny}
  - {name: rest, match: {}, effect: allow}
)");
  Json context = context_of({"./xk", "delete"});
  context["command"]["resolved"] = "kubectl-v1.30";
  CHECK(judge_context(set, context).effect == Effect::allow);
  context["command"]["links"] = {"kubectl"};
  CHECK(judge_context(set, context).effect == Effect::deny);
  Json inner = context_of({"env", "./xk", "delete"});
  inner["command"]["files"] = {
      {{"path", "/home/a/xk"}, {"runs", "./xk"}, {"resolved", "kubectl-v1.30"}, {"links", {"kubectl"}}}};
  CHECK(judge_context(set, inner).effect == Effect::deny);
  // busybox is itself by each name that begins so, and by another one what that says.
  Json box = context_of({"./busybox-x", "env", "kubectl", "delete"});
  box["command"]["resolved"] = "busybox";
  CHECK(judge_context(set, box).effect == Effect::deny);
  box["command"]["argv"][0] = "./true";
  CHECK(judge_context(set, box).effect == Effect::allow);
}

TEST_CASE("where a program may be another file, somebody else is asked") {
  const Set set = set_of(R"(
rules:
  - {name: no-kubectl, match: {command.name: kubectl}, effect: deny}
  - {name: rest, match: {}, effect: ask, approval: {self: true, scope: rule}}
)");
  const auto self = [&](const Names& argv) {
    return judge_context(set, linked(argv, kLinks)).requirement.self;
  };
  CHECK(self({"env", "./other", "delete"}));
  CHECK(self({"env", "other", "delete"}));
  CHECK_FALSE(self({"env", "-C", "a", "env", "-C", "b", "./other", "delete"}));
  CHECK_FALSE(self({"sh", "-c", "cd a; cd b; ./other delete"}));
  CHECK_FALSE(self({"find", ".", "-name", "x", "-execdir", "./other", "delete", ";"}));
  CHECK_FALSE(self({"env", "PATH=/tmp/x", "other", "delete"}));
  CHECK_FALSE(self({"sh", "-c", "PATH=/tmp/x; other delete"}));
  CHECK(self({"env", "PATH=/tmp/x", "/usr/bin/other", "delete"}));
}

TEST_CASE("a link is judged more strictly also where it is asked about anyway") {
  const Set set = set_of(R"(
groups: {sre: [bob, carol]}
rules:
  - {name: no-delete, match: {command.name: kubectl, command.subcommand: "delete *"}, effect: deny}
  - {name: kubectl, match: {command.name: kubectl}, effect: ask, approval: {from: {sre: 2}}}
  - {name: rest, match: {}, effect: ask, approval: {self: true, uses: 9}}
)");
  const auto verdict = [&](const Names& argv) { return judge_context(set, linked(argv, kLinks)); };
  CHECK(verdict({"env", "./k", "delete", "x"}).effect == Effect::deny);
  CHECK(verdict({"sh", "-c", "true; ./k delete x"}).effect == Effect::deny);
  const Verdict applied = verdict({"nice", "./k", "apply"});
  CHECK(applied.rules == Names{"rest", "kubectl"});
  CHECK(applied.requirement.from == std::vector<Requirement::Seats>{{{"sre", 2}}});
  CHECK_FALSE(applied.requirement.self);
  CHECK(applied.requirement.uses == 1);
}

TEST_CASE("a freeze holds for a link, too") {
  const Set set = set_of(R"(
rules:
  - {name: rest, match: {}, effect: ask}
freezes:
  - {name: long, from: 2000-01-01, to: 2999-12-31, match: {command.name: kubectl}, effect: deny}
)");
  Json context = linked({"sudo", "./k", "delete"}, kLinks);
  context["time"]["at"] = "2026-12-24T12:00:00Z";
  CHECK(judge_context(set, context).effect == Effect::deny);
}

}  // namespace
}  // namespace jit::policy
