#include "policy/explain.hpp"

#include <catch2/catch.hpp>

#include "context/document.hpp"
#include "policy/support.hpp"
#include "util/error.hpp"

using namespace jit::policy;
using jit::util::Json;

namespace {

Set kubectl_rules() {
  return set_of(R"(
groups: {sre: [alice, bob, carol], dba: [erin]}
rules:
  - {name: reads, match: {command.name: k, command.subcommand: get}, effect: allow}
  - name: two
    match: {command.name: k}
    effect: ask
    approval: {from: [{sre: 2}, {dba: 1}]}
    requires: {reason: true, ticket: "OPS-[0-9]+"}
    message: "Careful:\u202e now"
)");
}

Explanation explained(const std::vector<std::string>& argv) {
  Json context = context_of(argv);
  context["user"]["name"] = "alice";
  jit::context::Document document(context);
  return explain(kubectl_rules(), document, Effect::ask);
}

}  // namespace

TEST_CASE("an explanation names the verdict, the people and each rule's part in it") {
  REQUIRE(to_text(explained({"k", "del"}), false) ==
          "verdict      ask\n"
          "rules        two\n"
          "approval     2 of sre (bob, carol), or 1 of dba (erin)\n"
          "requires     a reason, a ticket like OPS-[0-9]+\n"
          "expires      30m, valid for 10m, uses 1\n"
          "message      Careful:\\u{202e} now\n"
          "\n"
          "rules for k del\n"
          "  no       reads  allow p:5\n"
          "           command.subcommand is \"del\", not \"get\"\n"
          "  matched  two    ask   p:6\n");
  REQUIRE(to_text(explained({"x"}), false) ==
          "verdict      ask\n"
          "rules        none matched: the default\n"
          "approval     1 of anyone but the requester\n"
          "expires      30m, valid for 10m, uses 1\n"
          "\n"
          "no rule is about this command\n");
  REQUIRE(to_text(explained({"k", "get"}), true)
              .starts_with("verdict      \x1b[32mallow\x1b[0m\nrules        reads\n"));
  REQUIRE(to_text(explained({"k", "\x1b[31m"}), false).find('\x1b') == std::string::npos);
}

TEST_CASE("an explanation as JSON") {
  const Json context = context_of({"k", "del"});
  const Json asked = to_json(explained({"k", "del"}), context);
  REQUIRE(asked["effect"] == "ask");
  REQUIRE(asked["rules"] == Json{"two"});
  REQUIRE(asked["context"] == context);
  REQUIRE(asked["requirement"]["from"].dump() == R"([{"sre":2},{"dba":1}])");
  REQUIRE(asked["requirement"]["missing"] == asked["requirement"]["from"]);
  REQUIRE(asked["requirement"]["eligible"].dump() == R"(["bob","carol","erin"])");
  REQUIRE(asked["requirement"]["self"] == false);
  REQUIRE(asked["trace"].size() == 2);
  REQUIRE(asked["trace"][1]["matched"] == true);
  REQUIRE(asked["trace"][1]["why"].is_null());

  const Json allowed = to_json(explained({"k", "get"}), context);
  REQUIRE(allowed["effect"] == "allow");
  REQUIRE(allowed["requirement"].is_null());
  REQUIRE(allowed["message"].is_null());
  REQUIRE(to_json(explained({"x"}), context)["requirement"]["eligible"] == Json{"anyone"});
}

TEST_CASE("values of a context are replaced") {
  ReplacedContext context(Json{{"git", nullptr}, {"user", {{"name", "root"}, {"uid", 0}}}});
  for (const char* assignment :
       {"git.branch=main", "git.commit=1234567", "user.uid=1000", "session.interactive=true",
        "user.groups=[\"a\",\"b\"]", "labels.a.b=x=y", "host.name=null", "host.os="}) {
    context.set(assignment);
  }
  REQUIRE(
      context.json().dump() ==
      R"({"git":{"branch":"main","commit":"1234567"},"host":{"name":null,"os":""},"labels":{"a.b":"x=y"},)"
      R"("session":{"interactive":true},"user":{"groups":["a","b"],"name":"root","uid":1000}})");
  context.set("git=null");
  REQUIRE(context.json()["git"].is_null());
  for (const char* assignment : {"git.branch", "=x", "gti.branch=x", "command.argv=[\"x\"]", "command.name=x",
                                 "command.options.x=y", "git=main", "command={}", ""}) {
    INFO(assignment);
    REQUIRE_THROWS_AS(context.set(assignment), jit::util::UsageError);
  }
}
