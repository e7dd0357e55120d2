#include "policy/evaluate.hpp"

#include <catch2/catch.hpp>

#include "policy/support.hpp"

using namespace jit::policy;
using jit::util::Json;
using Seats = Requirement::Seats;
using Names = std::vector<std::string>;

namespace {

// The policy of a README: reads are allowed, deletes in production ask two of sre, force-pushes are denied.
Set example() {
  return set_of(R"(
groups:
  sre: [alice, bob, carol]
commands:
  kubectl:
    value_options: [-n, --namespace, --context]
    flags: [-A]
rules:
  - name: reads
    match: {command.name: kubectl, command.subcommand: ["get *", "describe *", "logs *"]}
    effect: allow
  - name: deletes
    match:
      command.name: kubectl
      command.subcommand: ["delete *", "drain *"]
      command.options.context: "prod-*"
    effect: ask
    labels: {environment: production}
    approval: {from: {sre: 2}, expires: 15m, valid_for: 5m, uses: 2, deny_threshold: 2, self: true}
    requires: {reason: true, ticket: "OPS-[0-9]+"}
    message: Think twice.
  - name: force-push
    match: {command.name: git, command.subcommand: "push *", command.argv: ["--force", "-f"]}
    effect: deny
)");
}

}  // namespace

TEST_CASE("the first rule that matches decides") {
  const Set set = example();
  SECTION("allow") {
    const Verdict verdict = judge(set, {"kubectl", "-n", "x", "get", "pods"});
    REQUIRE(verdict.effect == Effect::allow);
    REQUIRE(verdict.rules == Names{"reads"});
  }
  SECTION("ask, with all that the rule says") {
    const Verdict verdict = judge(set, {"kubectl", "--context=prod-eu", "delete", "ns", "x"});
    REQUIRE(verdict.effect == Effect::ask);
    REQUIRE(verdict.rules == Names{"deletes"});
    REQUIRE(verdict.message == "Think twice.");
    REQUIRE(verdict.labels == std::map<std::string, std::string>{{"environment", "production"}});
    const Requirement& requirement = verdict.requirement;
    REQUIRE(requirement.from == std::vector<Seats>{{{"sre", 2}}});
    REQUIRE(requirement.self);
    REQUIRE(requirement.expires == std::chrono::minutes{15});
    REQUIRE(requirement.valid_for == std::chrono::minutes{5});
    REQUIRE(requirement.uses == 2);
    REQUIRE(requirement.deny_threshold == 2);
    REQUIRE(requirement.reason);
    REQUIRE(requirement.tickets == Names{"OPS-[0-9]+"});
  }
  SECTION("deny") {
    REQUIRE(judge(set, {"git", "push", "-f", "origin"}).effect == Effect::deny);
  }
  SECTION("by the last part of its path") {
    REQUIRE(judge(set, {"/usr/bin/kubectl", "get", "pods"}).effect == Effect::allow);
  }
}

TEST_CASE("where no rule matches the default decides") {
  const Set set = example();
  for (const Effect fallback : {Effect::deny, Effect::ask, Effect::allow}) {
    const Verdict verdict = judge(set, {"ls"}, fallback);
    REQUIRE(verdict.effect == fallback);
    REQUIRE(verdict.rules.empty());
    REQUIRE(verdict.requirement == Requirement{});
  }
}

TEST_CASE("no policy at all asks anybody, the requester included") {
  const Set none = Set::none();
  REQUIRE_FALSE(none.installed());
  const Verdict verdict = judge(none, {"ls"});
  REQUIRE(verdict.effect == Effect::ask);
  REQUIRE(verdict.requirement.self);
  REQUIRE(verdict.requirement.from == std::vector<Seats>{{{"anyone", 1}}});
  REQUIRE(judge(none, {"ls"}, Effect::deny).effect == Effect::deny);
}

TEST_CASE("rules by name and rules for any name keep the file's order") {
  const Set set = set_of(R"(
rules:
  - {name: a, match: {command.name: [x, w], command.argv: one}, effect: deny}
  - {name: b, match: {command.argv: [one, two]}, effect: ask}
  - {name: c, match: {command.name: x, command.argv: [two, three]}, effect: deny}
  - {name: d, match: {command.name: {not: z}, command.argv: three}, effect: ask}
  - {name: e, match: {any: [{command.name: x}, {command.name: z}]}, effect: allow}
)");
  const auto rule = [&](const Names& argv) { return judge(set, argv).rules; };
  REQUIRE(rule({"x", "one"}) == Names{"a"});
  REQUIRE(rule({"w", "one"}) == Names{"a"});
  REQUIRE(rule({"z", "one"}) == Names{"b"});
  REQUIRE(rule({"x", "two"}) == Names{"b"});
  REQUIRE(rule({"x", "three"}) == Names{"c"});
  REQUIRE(rule({"w", "three"}) == Names{"d"});
  REQUIRE(rule({"z", "three"}) == Names{"e"});
  REQUIRE(rule({"x", "four"}) == Names{"e"});
  REQUIRE(rule({"w", "four"}).empty());
}

TEST_CASE("a doubtful command line is asked about when any reading matches, allowed when all do") {
  const Set set = example();
  // Does --wait take "get"? Then the words are "pods delete".
  REQUIRE(judge(set, {"kubectl", "get", "pods", "--wait", "x"}).effect == Effect::allow);
  REQUIRE(judge(set, {"kubectl", "--wait", "get", "pods"}).effect == Effect::ask);
  REQUIRE(judge(set, {"kubectl", "--wait", "get", "pods"}).rules.empty());
  // Given twice: each of its values is a reading.
  REQUIRE(judge(set, {"kubectl", "--context", "dev", "--context", "prod-eu", "delete", "x"}).rules ==
          Names{"deletes"});
  REQUIRE(judge(set, {"kubectl", "--context", "prod-eu", "--context", "dev", "delete", "x"}).rules ==
          Names{"deletes"});
  // -A is known to take no value, -v is not.
  REQUIRE(judge(set, {"kubectl", "-A", "get", "pods"}).effect == Effect::allow);
  REQUIRE(judge(set, {"kubectl", "-v", "get", "pods"}).effect == Effect::ask);
  // After -- all is words.
  REQUIRE(judge(set, {"kubectl", "--", "get", "--context"}).effect == Effect::allow);
}

TEST_CASE("conditions hold within one and the same reading") {
  const Set set = set_of(
      "rules: [{name: r, match: {command.subcommand: \"a b\", command.options.x: \"a\"}, effect: deny}]\n");
  // Either the words are "a b" and -x is a switch, or -x is "a" and the word is "b".
  REQUIRE(judge(set, {"cmd", "--x", "a", "b"}).effect == Effect::ask);
  REQUIRE(judge(set, {"cmd", "--x", "a", "a", "b"}).effect == Effect::deny);
}

TEST_CASE("where there are too many readings nothing is allowed and everything may be denied") {
  Names argv{"cmd"};
  for (int i = 0; i < 20; ++i) {
    argv.push_back("--opt" + std::to_string(i));
    argv.push_back("word" + std::to_string(i));
  }
  const auto effect = [&](const std::string& match, const std::string& rule_effect) {
    const Set set = set_of("rules: [{name: r, match: " + match + ", effect: " + rule_effect + "}]\n");
    return judge(set, argv).effect;
  };
  REQUIRE(effect("{command.subcommand: never}", "deny") == Effect::deny);
  REQUIRE(effect("{command.subcommand: {not: \"*\"}}", "deny") == Effect::deny);
  REQUIRE(effect("{not: {command.options.never: true}}", "deny") == Effect::deny);
  REQUIRE(effect("{command.subcommand: never, command.name: other}", "deny") == Effect::ask);
  REQUIRE(effect("{command.subcommand: \"*\"}", "allow") == Effect::ask);
  REQUIRE(effect("{command.name: cmd}", "allow") == Effect::allow);
}

TEST_CASE("what a command runs is judged too, and the stricter verdict stands") {
  const Set set = set_of(R"(
groups: {sre: [a, b], dba: [c]}
rules:
  - {name: wrappers, match: {command.name: [env, nice, sh, bash, sudo, timeout, nohup, xargs]}, effect: allow}
  - {name: safe, match: {command.name: [ls, echo]}, effect: allow}
  - {name: drop, match: {command.name: dropdb}, effect: ask, approval: {from: {dba: 1}}}
  - {name: rm, match: {command.name: rm}, effect: deny}
)");
  REQUIRE(judge(set, {"nice", "ls"}).effect == Effect::allow);
  REQUIRE(judge(set, {"nice", "dropdb", "x"}).rules == Names{"drop"});
  REQUIRE(judge(set, {"nice", "rm", "x"}).effect == Effect::deny);
  REQUIRE(judge(set, {"nohup", "nice", "timeout", "5", "rm", "x"}).effect == Effect::deny);
  REQUIRE(judge(set, {"sh", "-c", "ls"}).effect == Effect::allow);
  REQUIRE(judge(set, {"sh", "-c", "rm -r x"}).effect == Effect::deny);
  REQUIRE(judge(set, {"bash", "-c", "nice rm x"}).effect == Effect::deny);
  // More than one plain command: never allowed for what it runs, but denied for it.
  REQUIRE(judge(set, {"sh", "-c", "ls; echo"}, Effect::allow).effect == Effect::ask);
  REQUIRE(judge(set, {"sh", "-c", "ls && rm x"}, Effect::allow).effect == Effect::deny);
  // What cannot be told asks at least, whatever the default is.
  REQUIRE(judge(set, {"sh", "-c", "$X"}, Effect::allow).effect == Effect::ask);
  REQUIRE(judge(set, {"sh", "-c", "$X"}, Effect::deny).effect == Effect::deny);
  // An inner command without a rule falls to the default.
  REQUIRE(judge(set, {"nice", "unheard-of"}, Effect::allow).effect == Effect::allow);
  REQUIRE(judge(set, {"nice", "unheard-of"}, Effect::deny).effect == Effect::deny);
}

TEST_CASE("several asks along a chain of commands combine") {
  const Set set = set_of(R"(
groups: {sre: [a, b], dba: [c]}
rules:
  - {name: sudo, match: {command.name: sudo}, effect: ask, approval: {from: {sre: 1}}}
  - {name: drop, match: {command.name: dropdb}, effect: ask, approval: {from: {dba: 1}}}
)");
  const Verdict verdict = judge(set, {"sudo", "dropdb", "x"});
  REQUIRE(verdict.rules == Names{"sudo", "drop"});
  REQUIRE(verdict.requirement.from == std::vector<Seats>{{{"dba", 1}, {"sre", 1}}});
}

TEST_CASE("a wrapper that a policy declares is one") {
  const Set set = set_of(R"(
commands:
  withenv: {value_options: [-e], wrapper: {form: command, skip_words: 1}}
rules:
  - {name: w, match: {command.name: withenv}, effect: allow}
  - {name: rm, match: {command.name: rm}, effect: deny}
  - {name: ls, match: {command.name: ls}, effect: allow}
)");
  REQUIRE(judge(set, {"withenv", "-e", "rm", "prod", "ls"}).effect == Effect::allow);
  REQUIRE(judge(set, {"withenv", "-e", "x", "prod", "rm", "y"}).effect == Effect::deny);
}

TEST_CASE("an inner command is shown its own facts") {
  const Set set = set_of(R"(
rules:
  - {name: nice, match: {command.name: nice}, effect: allow}
  - name: own
    match: {command.name: tool, command.argv: {not: nice}, command.line: "tool x", command.subcommand: x,
            command.path: /opt/tool, command.sha256: abc}
    effect: allow
)");
  Json context = context_of({"nice", "tool", "x"});
  context["command"]["path"] = "/usr/bin/nice";
  context["command"]["sha256"] = "of nice";
  REQUIRE(judge_context(set, context).effect == Effect::ask);
  context["command"]["files"] = {{{"path", "/tmp/data"}, {"sha256", "zzz"}},
                                 {{"path", "/opt/tool"}, {"sha256", "abc"}, {"runs", "tool"}}};
  REQUIRE(judge_context(set, context).effect == Effect::allow);
  context["command"]["files"][1]["sha256"] = nullptr;
  REQUIRE(judge_context(set, context).effect == Effect::ask);

  SECTION("by its absolute path, too") {
    context["command"]["argv"] = {"nice", "/opt/tool", "x"};
    context["command"]["files"] = {{{"path", "/opt/tool"}, {"sha256", "abc"}}};
    const Set by_path = set_of(
        "rules: [{name: nice, match: {command.name: nice}, effect: allow},"
        " {name: t, match: {command.name: tool, command.sha256: abc}, effect: allow}]\n");
    REQUIRE(judge_context(by_path, context).effect == Effect::allow);
  }
}

TEST_CASE("what could not be told is not the same as what is not there") {
  const Set set = set_of(R"(
rules:
  - {name: open, match: {command.name: a, not: {git.branch: main}}, effect: allow}
  - {name: clean, match: {command.name: b, git.dirty: {exists: false}}, effect: allow}
  - {name: guard, match: {command.name: c, git.branch: main}, effect: deny}
  - {name: content, match: {command.name: d, command.sha256: {not: bad}}, effect: allow}
  - {name: nice, match: {command.name: nice}, effect: allow}
)");
  const auto with = [&](const Names& argv, const Json& git) {
    Json context = context_of(argv);
    context["git"] = git;
    return judge_context(set, context).effect;
  };
  const Json elsewhere = {{"root", "/r"}, {"branch", "x"}, {"dirty", false}};
  const Json untold = {{"why", "git did not answer"}, {"root", nullptr}, {"branch", nullptr}};
  REQUIRE(with({"a"}, elsewhere) == Effect::allow);
  REQUIRE(with({"a"}, nullptr) == Effect::allow);  // no repository here: known
  REQUIRE(with({"a"}, untold) == Effect::ask);
  REQUIRE(with({"b"}, nullptr) == Effect::allow);
  REQUIRE(with({"b"}, untold) == Effect::ask);
  REQUIRE(with({"b"}, {{"root", "/r"}, {"branch", "x"}, {"dirty", nullptr}}) == Effect::ask);
  REQUIRE(with({"c"}, elsewhere) == Effect::ask);
  REQUIRE(with({"c"}, untold) == Effect::deny);

  Json context = context_of({"d"});
  REQUIRE(judge_context(set, context).effect == Effect::allow);  // no such program: nothing would run
  context["command"]["path"] = "/opt/d";
  REQUIRE(judge_context(set, context).effect == Effect::ask);
  context["command"]["sha256"] = "good";
  REQUIRE(judge_context(set, context).effect == Effect::allow);
  context["command"]["argv"] = {"nice", "d"};
  context["command"]["files"] = {{{"path", "/opt/d"}, {"sha256", "good"}, {"runs", "d"}}};
  REQUIRE(judge_context(set, context).effect == Effect::allow);
  context["command"]["files"][0]["sha256"] = nullptr;
  REQUIRE(judge_context(set, context).effect == Effect::ask);
}

TEST_CASE("what is hidden is never taken for harmless, and never for more than is shown") {
  const Set set = set_of(R"(
rules:
  - {name: line, match: {command.name: a, command.line: "a *"}, effect: allow}
  - {name: none, match: {command.name: b, command.argv: {not: --force}}, effect: allow}
  - {name: option, match: {command.name: c, command.options.x: {exists: false}}, effect: allow}
  - {name: by-name, match: {command.name: d}, effect: allow}
  - {name: force, match: {command.name: e, command.argv: --force}, effect: deny}
  - {name: rest, match: {command.name: e}, effect: allow}
)");
  REQUIRE(judge(set, {"a", "x"}).effect == Effect::allow);
  REQUIRE(judge(set, {"a", "token=[redacted]"}).effect == Effect::ask);
  REQUIRE(judge(set, {"b", "x"}).effect == Effect::allow);
  REQUIRE(judge(set, {"b", "x", "[redacted]"}).effect == Effect::ask);
  REQUIRE(judge(set, {"c", "--y=[redacted]"}).effect == Effect::allow);
  REQUIRE(judge(set, {"c", "--x=[redacted]"}).effect == Effect::ask);
  REQUIRE(judge(set, {"d", "[redacted]"}).effect == Effect::allow);
  REQUIRE(judge(set, {"e", "--force", "[redacted]"}).effect == Effect::deny);
  REQUIRE(judge(set, {"e", "[redacted]"}).effect == Effect::allow);
}

TEST_CASE("the names of unsafe variables are a list") {
  const Set set = set_of(R"(
rules:
  - {name: guard, match: {unsafe_env: ["LD_*", GCONV_PATH]}, effect: deny}
  - {name: none, match: {unsafe_env: {exists: false}}, effect: allow}
)");
  Json context = context_of({"ls"});
  context["unsafe_env"] = Json::object();
  REQUIRE(judge_context(set, context).effect == Effect::allow);
  context["unsafe_env"] = {{"LD_PRELOAD", "/x"}};
  REQUIRE(judge_context(set, context).effect == Effect::deny);
  context["unsafe_env"] = {{"GIT_DIR", "/x"}};
  REQUIRE(judge_context(set, context).effect == Effect::ask);
}

TEST_CASE("bytes that are not UTF-8 never match an allow rule") {
  const Set set = set_of("rules: [{name: a, match: {}, effect: allow}]\n");
  Json context = context_of({"ls", "\\xff"});
  REQUIRE(judge_context(set, context).effect == Effect::allow);
  context["raw"] = {{"command.argv.1", "ff"}};
  REQUIRE(judge_context(set, context).effect == Effect::ask);
  context["raw"] = Json::object();
  REQUIRE(judge_context(set, context).effect == Effect::allow);
}

TEST_CASE("bytes that are not UTF-8 and come to light late count as well") {
  // Collects `raw` only when labels are read, as a lazy source may.
  class Late final : public jit::context::Source {
   public:
    const Json* find(std::string_view path) override {
      if (path.starts_with("labels")) m_document["raw"] = {{"labels.a", "ff"}};
      return jit::context::find_in(m_document, path);
    }

   private:
    Json m_document = context_of({"ls"});
  };
  Late late;
  const Set set = set_of("rules: [{name: a, match: {labels.a: {exists: false}}, effect: allow}]\n");
  REQUIRE(evaluate(set, late, Effect::ask).effect == Effect::ask);
}

TEST_CASE("a context without a command line is never allowed") {
  const Set set = set_of("rules: [{name: a, match: {}, effect: allow}]\n");
  for (const char* text :
       {"{}", R"({"command": null})", R"({"command": {"argv": []}})", R"({"command": {"argv": "ls"}})",
        R"({"command": {"argv": ["ls", 1]}})", "[]", "null"}) {
    INFO(text);
    REQUIRE(judge_context(set, Json::parse(text), Effect::allow).effect == Effect::ask);
  }
}

TEST_CASE("across files the strictest wins") {
  const std::string head = "version: 1\nrules:\n  - {name: ";
  const std::string groups = "groups: {sre: [a, b], dba: [c, d]}\n";
  const auto judged = [&](const Names& files) {
    std::vector<std::pair<std::string, std::string>> texts{{"groups", "version: 1\n" + groups}};
    for (const auto& file : files) texts.emplace_back(file, head + file);
    return judge(Set::from_texts(texts), {"x"});
  };
  const std::string allow = "allow, match: {command.name: x}, effect: allow}\n";
  const std::string ask =
      "ask, match: {command.name: x}, effect: ask, approval: {from: {sre: 2}, expires: 5m}}\n";
  const std::string ask2 =
      "ask2, match: {command.name: x}, effect: ask, approval: {from: [{sre: 1}, {dba: 1}], valid_for: 1m}}\n";
  const std::string deny = "deny, match: {command.name: x}, effect: deny}\n";
  const std::string other = "other, match: {command.name: w}, effect: deny}\n";
  REQUIRE(judged({allow, other}).effect == Effect::allow);
  REQUIRE(judged({allow, ask}).rules == Names{"ask"});
  REQUIRE(judged({allow, ask, deny}).rules == Names{"deny"});
  REQUIRE(judged({deny, allow}).effect == Effect::deny);
  REQUIRE(judged({other}).rules.empty());
  const Verdict both = judged({ask, ask2});
  REQUIRE(both.rules == Names{"ask", "ask2"});
  REQUIRE(both.requirement.from == std::vector<Seats>{{{"sre", 2}}, {{"dba", 1}, {"sre", 2}}});
  REQUIRE(both.requirement.expires == std::chrono::minutes{5});
  REQUIRE(both.requirement.valid_for == std::chrono::minutes{1});
}

TEST_CASE("what no rule of this command reads is not collected") {
  class Watched final : public jit::context::Source {
   public:
    const Json* find(std::string_view path) override {
      if (!path.starts_with("command.") && path != "raw") read.emplace_back(path);
      return jit::context::find_in(m_document, path);
    }
    Names read;

   private:
    Json m_document = context_of({"git", "push"});
  };
  const Set set = set_of(R"(
rules:
  - {name: a, match: {git.branch: main, command.name: kubectl}, effect: deny}
  - {name: b, match: {git.dirty: true, command.name: git, command.subcommand: pull}, effect: deny}
  - {name: c, match: {user.name: alice, command.argv: {regex: "^x$"}}, effect: deny}
  - {name: d, match: {labels.a: b, command.name: git}, effect: deny}
)");
  Watched source;
  REQUIRE(evaluate(set, source, Effect::ask).effect == Effect::ask);
  REQUIRE(source.read == Names{"labels.a"});
}

TEST_CASE("the trace says of each rule of the command why it did not decide") {
  const Set set = example();
  std::vector<RuleTrace> trace;
  judge_context(set, context_of({"kubectl", "--context", "dev", "delete", "x"}), Effect::ask, &trace);
  REQUIRE(trace.size() == 2);
  REQUIRE(trace[0].rule == "reads");
  REQUIRE(trace[0].file == "p");
  REQUIRE(trace[0].line == 10);
  REQUIRE_FALSE(trace[0].matched);
  REQUIRE(trace[0].judged == "kubectl --context dev delete x");
  REQUIRE(trace[0].path == "command.subcommand");
  REQUIRE(trace[0].why == "is \"delete x\", not \"get *\" or \"describe *\" or \"logs *\"");
  REQUIRE(trace[1].path == "command.options.context");
  REQUIRE(trace[1].why == "is \"dev\", not \"prod-*\"");

  SECTION("shadowed rules are said") {
    const Set two = set_of(
        "rules: [{name: a, match: {}, effect: ask}, {name: b, match: {}, effect: deny},"
        " {name: c, match: {host.name: x}, effect: deny}]\n");
    trace.clear();
    REQUIRE(judge_context(two, context_of({"x"}), Effect::ask, &trace).rules == Names{"a"});
    REQUIRE(trace.size() == 3);
    REQUIRE((trace[0].matched && !trace[0].shadowed));
    REQUIRE((trace[1].matched && trace[1].shadowed));
    REQUIRE((!trace[2].matched && trace[2].why == "is not there, not \"x\""));
  }
  SECTION("an allow rule that holds in some readings only") {
    trace.clear();
    judge_context(set, context_of({"kubectl", "--wait", "get", "pods"}), Effect::ask, &trace);
    REQUIRE(trace[0].path == "command.subcommand");
    REQUIRE(trace[0].why.ends_with("(in one of 2 ways to read it)"));
  }
  SECTION("an allow rule for a command that may not be all that runs") {
    const Set shell = set_of("rules: [{name: a, match: {command.name: [sh, ls]}, effect: allow}]\n");
    trace.clear();
    judge_context(shell, context_of({"sh", "-c", "ls; ls"}), Effect::ask, &trace);
    REQUIRE(trace.back().judged == "ls");
    REQUIRE(trace.back().why == "may not be all that runs: no allow rule matches it");
  }
}

TEST_CASE("tracing changes no verdict") {
  const Set set = example();
  for (const Names& argv : {Names{"kubectl", "get", "x"}, Names{"git", "push", "-f", "x"},
                            Names{"kubectl", "--a", "get", "b"}, Names{"sh", "-c", "kubectl get x | sh"}}) {
    std::vector<RuleTrace> trace;
    const Verdict traced = judge_context(set, context_of(argv), Effect::ask, &trace);
    const Verdict plain = judge(set, argv);
    REQUIRE(traced.effect == plain.effect);
    REQUIRE(traced.rules == plain.rules);
  }
}

TEST_CASE("a set tells what to capture, whom to ask and how to read") {
  const Set set = Set::from_texts(
      {{"a", "version: 1\nenv: [A, B]\ngroups: {x: [u]}\n"},
       {"b", "version: 1\nenv: [B, C]\ncommands: {c: {flags: [-f], abbreviations: true}}\n"}});
  REQUIRE(set.installed());
  REQUIRE(set.env() == Names{"A", "B", "C"});
  REQUIRE(set.groups().names() == Names{"x"});
  const auto* spec = set.command_specs().find("c");
  REQUIRE(spec != nullptr);
  REQUIRE(spec->flags == Names{"-f"});
  REQUIRE(spec->abbreviations);
  REQUIRE_FALSE(spec->wrapper.has_value());
  REQUIRE(set.command_specs().find("d") == nullptr);
  REQUIRE(set.file_count() == 2);
  REQUIRE(set.rule_count() == 0);
}

TEST_CASE("what goes on elsewhere allows nothing here, and is denied by who can tell") {
  const Set set = set_of(R"(
rules:
  - {name: busy, match: {command.name: a, activity.running: {above: 0}}, effect: deny}
  - {name: seldom, match: {activity.requests_24h: {not: {above: 2}}}, effect: allow}
  - {name: often, match: {command.name: b, activity.requests_24h: {above: 2}}, effect: ask}
)");
  const auto judged = [&](const std::string& command, const jit::util::Json& activity) {
    auto context = context_of({command});
    if (!activity.is_null()) context["activity"] = activity;
    return judge_context(set, context, Effect::deny);
  };
  const jit::util::Json elsewhere = {{"why", "the server knows"}};
  CHECK(judged("a", elsewhere).effect == Effect::ask);
  CHECK(judged("a", elsewhere).rules == std::vector<std::string>{"busy"});
  CHECK(judged("b", elsewhere).rules == std::vector<std::string>{"often"});
  CHECK(judged("c", elsewhere).effect == Effect::deny);  // no rule matches
  CHECK(judged("a", {{"running", 1}, {"requests_24h", 0}}).effect == Effect::deny);
  CHECK(judged("a", {{"running", 0}, {"requests_24h", 0}}).effect == Effect::allow);
  CHECK(judged("b", {{"running", 1}, {"requests_24h", 3}}).rules == std::vector<std::string>{"often"});
  CHECK(judged("c", nullptr).effect == Effect::allow);  // an example: nothing goes on
}

TEST_CASE("a rule that only may match hides none behind it") {
  const Set set = set_of(
      "commands: {kubectl: {value_options: [--context]}}\n"
      "rules:\n"
      "  - {name: dev, match: {command.name: kubectl, command.options.context: dev}, effect: ask,"
      " approval: {from: {anyone: 1}, self: true}}\n"
      "  - {name: reads, match: {command.name: kubectl, command.options.context: test}, effect: allow}\n"
      "  - {name: prod, match: {command.name: kubectl, command.options.context: prod}, effect: deny}\n");
  REQUIRE(judge(set, {"kubectl", "--context", "dev", "delete"}).rules == Names{"dev"});
  REQUIRE(judge(set, {"kubectl", "--context", "dev", "--context", "prod", "delete"}).effect == Effect::deny);
  REQUIRE(judge(set, {"kubectl", "--context", "prod", "--context", "dev", "delete"}).effect == Effect::deny);
  // In the other way it is allowed: the first asks.
  const Verdict allowed = judge(set, {"kubectl", "--context", "dev", "--context", "test", "delete"});
  REQUIRE(allowed.rules == Names{"dev"});
  REQUIRE(allowed.requirement.self);
  // In the other way no rule is about it: somebody else is asked, or it is denied.
  const Names doubtful{"kubectl", "--context", "dev", "--context", "other", "delete"};
  REQUIRE(judge(set, doubtful).rules == Names{"dev"});
  REQUIRE_FALSE(judge(set, doubtful).requirement.self);
  REQUIRE(judge(set, doubtful, Effect::deny).effect == Effect::deny);
}

TEST_CASE("read in a way that no rule is about it has no more than a command without a rule has") {
  const Set set = set_of(
      "groups: {sre: [bob, carol], me: [alice]}\n"
      "rules:\n"
      "  - name: reads\n"
      "    match: {command.name: kubectl, command.subcommand: \"get *\"}\n"
      "    effect: ask\n"
      "    approval: {from: {sre: 2}, scope: rule, uses: 50, valid_for: 8h, expires: 8h}\n"
      "    break_glass: {from: [me]}\n");
  const auto asked = judge(set, {"kubectl", "get", "pods"}).requirement;
  REQUIRE(asked.any_of_rule);
  REQUIRE(asked.uses == 50);
  REQUIRE(asked.break_glass);
  // Is the subcommand "get delete ns prod", or "delete ns prod" with a directory that is called get?
  const Verdict doubtful = judge(set, {"kubectl", "--cache-dir", "get", "delete", "ns", "prod"});
  const Requirement plain;
  REQUIRE(doubtful.rules == Names{"reads"});
  REQUIRE(doubtful.requirement.from == asked.from);
  REQUIRE_FALSE(doubtful.requirement.any_of_rule);
  REQUIRE(doubtful.requirement.uses == 1);
  REQUIRE(doubtful.requirement.valid_for == plain.valid_for);
  REQUIRE(doubtful.requirement.expires == plain.expires);
  REQUIRE_FALSE(doubtful.requirement.break_glass);
  // Where such a command is allowed, nothing is to be added.
  const Names argv{"kubectl", "--cache-dir", "get", "delete", "ns", "prod"};
  REQUIRE(judge(set, argv, Effect::allow).requirement == asked);
}

TEST_CASE("what is not known hides no rule behind it") {
  const Set set = set_of(
      "rules:\n"
      "  - {name: feature, match: {git.branch: \"feature/*\"}, effect: ask,"
      " approval: {from: {anyone: 1}, self: true}}\n"
      "  - {name: rest, match: {}, effect: deny}\n");
  Json context = context_of({"psql"});
  context["git"] = {{"branch", "feature/x"}};
  REQUIRE(judge_context(set, context, Effect::ask).rules == Names{"feature"});
  context["git"] = {{"branch", nullptr}, {"why", "the time was up"}};
  REQUIRE(judge_context(set, context, Effect::ask).effect == Effect::deny);
}

TEST_CASE("what would take too long to judge is denied, and says so") {
  std::string rules = "systems:\n";
  for (int i = 0; i < 50; ++i) {
    const std::string n = std::to_string(i);
    rules += "  s" + n + ": {match: {command.options.context: prod" + n + "}, environment: e" + n + "}\n";
  }
  rules += "rules:\n";
  for (int i = 0; i < 50; ++i) {
    const std::string n = std::to_string(i);
    rules += "  - {name: r" + n + ", match: {systems.environment: e" + n + ", command.subcommand: \"x" + n +
             " *\"}, effect: deny}\n";
  }
  const Set set = set_of(rules + "  - {name: rest, match: {}, effect: allow}\n");
  const auto script = [](int commands, int contexts, const std::string& doubtful) {
    std::string text;
    for (int i = 0; i < commands; ++i)
      text += "kubectl " + doubtful + "--context prod" + std::to_string(i % contexts) + " a" +
              std::to_string(i) + ";";
    return Names{"sh", "-c", text};
  };
  const Verdict verdict = judge(set, script(500, 50, "--o1 a --o2 b --o3 c --o4 d --o5 e --o6 f --o7 g "));
  REQUIRE(verdict.effect == Effect::deny);
  REQUIRE(verdict.rules.empty());
  REQUIRE_THAT(verdict.message, Catch::Contains("divide it"));
  // A long script of plain commands is judged as any.
  REQUIRE(judge(set, script(200, 3, "")).message.empty());
}

TEST_CASE("long words count as what they cost") {
  std::string rules = "rules:\n";
  for (int i = 0; i < 60; ++i)
    rules += "  - {name: r" + std::to_string(i) + ", match: {command.argv: \"*a*a*a*a*b" + std::to_string(i) +
             "\"}, effect: deny}\n";
  const Set set = set_of(rules);
  Names argv{"xargs", "--zz"};
  for (int i = 0; i < 200; ++i) argv.push_back(std::string(1000, 'a'));
  REQUIRE_THAT(judge(set, argv).message, Catch::Contains("divide it"));
  // Once through the longest that Linux takes is nothing.
  REQUIRE(judge(set, {"echo", std::string(131'000, 'a')}).message.empty());
}
