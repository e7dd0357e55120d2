#include <catch2/catch.hpp>

#include "policy/support.hpp"

using namespace jit::policy;
using jit::util::Json;

namespace {

// Whether a rule with this match map matches this context.
bool matches(const std::string& match, const Json& context) {
  const Set set = set_of("env: [A]\nwarnings: {alerts: {file: /x}}\nrules:\n  - {name: r, match: " + match +
                         ", effect: deny}\n");
  return judge_context(set, context, Effect::allow).effect == Effect::deny;
}

Json full_context() {
  return Json::parse(R"({
    "command": {"argv": ["git", "push", "--force", "origin"], "cwd": "/srv/x", "files": []},
    "user": {"name": "alice", "uid": 1000, "groups": ["dev", "ops"], "sudo_user": null},
    "git": {"branch": "main", "dirty": false, "tag": null},
    "env": {"A": "x.y"},
    "time": {"hour": 10},
    "labels": {"a.b": "c"},
    "warnings": {"critical": 1, "active": [{"source": "alerts"}]}
  })");
}

}  // namespace

TEST_CASE("matchers") {
  struct Row {
    std::string match;
    bool expected;
  };
  const std::vector<Row> table{
      {"{}", true},
      // Text: globs over the whole value.
      {"{user.name: alice}", true},
      {"{user.name: ali}", false},
      {"{user.name: \"ali*\"}", true},
      {"{user.name: Alice}", false},
      {"{user.name: [bob, alice]}", true},
      {"{user.name: [bob, carol]}", false},
      // Numbers and booleans compare typed.
      {"{user.uid: 1000}", true},
      {"{user.uid: 1001}", false},
      {"{user.uid: [0, 1000]}", true},
      {"{user.uid: {above: 999}}", true},
      {"{user.uid: {above: 1000}}", false},
      {"{user.uid: {below: 1001}}", true},
      {"{user.uid: {below: 1000}}", false},
      {"{time.hour: {above: 8, below: 18}}", true},
      {"{time.hour: {above: 10, below: 18}}", false},
      {"{git.dirty: false}", true},
      {"{git.dirty: true}", false},
      // Lists: some element.
      {"{user.groups: ops}", true},
      {"{user.groups: o*}", true},
      {"{user.groups: sre}", false},
      {"{user.groups: {not: ops}}", false},
      {"{user.groups: {not: sre}}", true},
      {"{user.groups: {all: [dev, ops]}}", true},
      {"{user.groups: {all: [dev, sre]}}", false},
      // A map is about one and the same of them.
      {"{user.groups: {regex: \"^d\", not: ops}}", true},
      {"{user.groups: {regex: \"^[do]\", not: ops}}", true},
      {"{user.groups: {regex: \"^o\", not: ops}}", false},
      {"{user.groups: {any: [dev, ops], not: {regex: \"^[do]\"}}}", false},
      {"{user.groups: {not: {regex: \"^[do]\", not: ops}}}", false},
      {"{user.groups: {not: {regex: \"^o\", not: ops}}}", true},
      {"{user.groups: {exists: true, not: sre}}", true},
      {"{user.groups: {exists: true, not: ops}}", false},
      {"{user.groups: {exists: true, regex: \"^d\", not: ops}}", true},
      {"{user.groups: {exists: false, regex: \"^d\", not: ops}}", false},
      {"{user.sudo_user: {regex: \"\", not: root}}", false},
      {"{command.argv: [--force, -f]}", true},
      {"{command.argv: git}", true},
      {"{command.argv: {regex: \"^--fo\"}}", true},
      // Maps: all of their members.
      {"{user.name: {regex: \"^a.*e$\"}}", true},
      {"{user.name: {regex: \"lic\"}}", true},
      {"{user.name: {regex: \"^lic\"}}", false},
      {"{user.name: {regex: \"^a\", not: alice}}", false},
      {"{user.name: {regex: \"^a\", not: [bob, carol]}}", true},
      {"{user.name: {not: {regex: \"^a\"}}}", false},
      {"{user.name: {not: {not: alice}}}", true},
      {"{user.name: {any: [bob, {regex: \"^al\"}]}}", true},
      {"{user.name: {all: [\"a*\", \"*e\"]}}", true},
      {"{user.name: {all: [\"a*\", \"*f\"]}}", false},
      {"{user.name: {exists: true}}", true},
      {"{user.name: {exists: false}}", false},
      // What is absent, or null.
      {"{user.sudo_user: \"*\"}", false},
      {"{user.sudo_user: {not: root}}", true},
      {"{user.sudo_user: {exists: true}}", false},
      {"{user.sudo_user: {exists: false}}", true},
      {"{user.sudo_user: {regex: \"\"}}", false},
      {"{git.tag: {not: \"v*\"}}", true},
      {"{host.name: {exists: false}}", true},
      {"{host.name: {not: {exists: true}}}", true},
      {"{host.name: {not: {exists: false}}}", false},
      {"{activity.denied_24h: {below: 5}}", false},
      {"{activity.denied_24h: {not: {above: 5}}}", true},
      {"{session.interactive: false}", false},
      {"{command.files: {exists: true}}", false},
      {"{warnings.active: {exists: true}}", true},
      // What follows `env.` and `labels.` is one name.
      {"{env.A: x.y}", true},
      {"{labels.a.b: c}", true},
      {"{labels.a: c}", false},
      // Options and words.
      {"{command.options.force: true}", true},
      {"{command.options.force: \"*\"}", true},  // in the reading `--force origin`
      {"{command.options.f: true}", false},
      {"{command.options.f: {exists: false}}", true},
      {"{command.name: git, command.subcommand: \"push*\"}", true},
      {"{command.name: hg, command.subcommand: \"push*\"}", false},
      // Whole maps.
      {"{any: [{user.name: bob}, {user.uid: 1000}]}", true},
      {"{any: [{user.name: bob}, {user.uid: 1}]}", false},
      {"{all: [{user.name: alice}, {user.uid: 1000}]}", true},
      {"{all: [{user.name: alice}, {user.uid: 1}]}", false},
      {"{not: {user.name: bob}}", true},
      {"{not: {user.name: alice, user.uid: 1000}}", false},
      {"{not: {user.name: alice, user.uid: 1}}", true},
      {"{command.name: git, not: {any: [{user.name: bob}, {user.name: carol}]}}", true},
      {"{user.name: alice, any: [{user.uid: 1}, {not: {git.dirty: true}}]}", true},
  };
  for (const auto& [match, expected] : table) {
    INFO(match);
    CHECK(matches(match, full_context()) == expected);
  }
}

TEST_CASE("a value of another type than its path's matches nothing but its absence is not claimed either") {
  Json context = full_context();
  context["user"] = "alice";
  REQUIRE_FALSE(matches("{user.name: alice}", context));
  context["user"] = {{"uid", "1000"}, {"name", 5}, {"groups", {1, nullptr, "x"}}};
  REQUIRE_FALSE(matches("{user.uid: 1000}", context));
  REQUIRE_FALSE(matches("{user.name: \"5\"}", context));
  REQUIRE(matches("{user.name: {exists: true}}", context));
  REQUIRE(matches("{user.groups: x}", context));
}

TEST_CASE("a regular expression that makes others explode is linear here") {
  const Set set = set_of("rules: [{name: r, match: {command.line: {regex: \"(a+)+$\"}}, effect: deny}]\n");
  const std::string word(100'000, 'a');
  REQUIRE(judge(set, {"x", word}).effect == Effect::deny);
  REQUIRE(judge(set, {"x", word + "!"}).effect == Effect::ask);
}

TEST_CASE("`$` is the end of the text, not of a line") {
  const Set set = set_of("rules: [{name: r, match: {command.argv: {regex: \"^ok$\"}}, effect: allow}]\n");
  REQUIRE(judge(set, {"x", "ok"}).effect == Effect::allow);
  REQUIRE(judge(set, {"x", "ok\nrm"}).effect == Effect::ask);
}
