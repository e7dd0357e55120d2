#include <catch2/catch.hpp>

#include "policy/support.hpp"

using namespace jit::policy;

namespace {

struct Refused {
  std::string text;
  std::string problem;  // the only one, or the first
};

// The problems of "version: 1\n" and this text: its first line is line 2.
std::vector<std::string> problems(const std::string& rest) {
  return problems_of({{"p", "version: 1\n" + rest}});
}

// The problems of a rule "r" with these lines (from line 4, column 5).
std::vector<std::string> rule_problems(const std::string& lines) {
  return problems("rules:\n  - name: r\n" + lines);
}

void require_each(const std::vector<Refused>& table,
                  std::vector<std::string> (*problems_in)(const std::string&)) {
  for (const auto& [text, problem] : table) {
    const auto found = problems_in(text);
    INFO(text);
    REQUIRE(found.size() == 1);
    REQUIRE(found.front() == problem);
  }
}

}  // namespace

TEST_CASE("what is wrong with a file is said with its place") {
  const std::string nothing = "rules: []\n";
  const std::vector<Refused> table{
      {"rules: []\n", "p:1:1: a policy lacks the key \"version\""},
      {"version: 1\n", "p:1:1: a policy that says nothing: it has a version and no rules"},
      {"version: 2\n" + nothing, "p:1:10: unknown version \"2\": this program reads version 1 (version: 1)"},
      {"version: \"1\"\n" + nothing,
       "p:1:10: unknown version \"1\": this program reads version 1 (version: 1)"},
      {"version: [1]\n" + nothing, "p:1:10: unknown version: this program reads version 1 (version: 1)"},
      {"version: 1\nrule: []\n", "p:2:1: unknown key \"rule\" in a policy (did you mean \"rules\"?)"},
      {"version: 1\nrules: {}\n", "p:2:8: \"rules\" must be a list, not a map"},
      {"version: 1\nrules: all\n", "p:2:8: \"rules\" must be a list, not a single value"},
      {"version: 1\nrules: [1]\n", "p:2:9: a rule must be a map, not a single value"},
      {"version: 1\ntests: [1]\n", "p:2:9: a test must be a map, not a single value"},
      {"version: 1\ngroups: []\n", "p:2:9: \"groups\" must be a map, not a list"},
      {"version: 1\ncommands: []\n", "p:2:11: \"commands\" must be a map, not a list"},
      {"- version\n", "p:1:1: a policy must be a map, not a list"},
  };
  require_each(table, [](const std::string& text) { return problems_of({{"p", text}}); });
}

TEST_CASE("what the reader of YAML refuses is a problem of the set") {
  for (const char* text :
       {"", "version: 1\nrules: [\n", "version: 1\nversion: 1\n", "version: 1\n---\nversion: 1\n",
        "version: 1\nrules: &a []\n", "version: 1\nrules:\n", "version: 1\nrules:\n\t- a\n"}) {
    INFO(text);
    const auto found = problems_of({{"p", text}});
    REQUIRE_FALSE(found.empty());
    REQUIRE(found.front().starts_with("p:"));
  }
}

TEST_CASE("what is wrong with groups, variables and commands is said with its place") {
  const std::vector<Refused> table{
      {"groups: {sre: alice}\n", "p:2:15: the group \"sre\" must be a list, not a single value"},
      {"groups: {sre: [no]}\n", "p:2:16: each of the group \"sre\" must be text: write \"no\" in quotes"},
      {"groups: {sre: [0777]}\n", "p:2:16: each of the group \"sre\" must be text: write \"0777\" in quotes"},
      {"groups: {sre: [true]}\n", "p:2:16: each of the group \"sre\" must be text: write \"true\" in quotes"},
      {"groups: {sre: [alice, alice]}\n", "p:2:23: the group \"sre\" holds \"alice\" twice"},
      {"groups: {sre: [\"\"]}\n", "p:2:16: the group \"sre\" holds an empty text"},
      {"groups: {sre: [\"ldap:x\"]}\n",
       "p:2:16: unknown kind of member \"ldap:x\": a user's name or \"unix:GROUP\""},
      {"groups: {sre: [\"unix:\"]}\n", "p:2:16: \"unix:\" without the name of a group"},
      {"groups: {anyone: [alice]}\n", "p:2:10: a group cannot be called \"anyone\""},
      {"groups: {équipe: [alice]}\n", "p:2:10: the name of a group may have only printable ASCII letters"},
      {"groups: {\"\": [alice]}\n", "p:2:10: the name of a group is empty"},
      {"groups: {no: [alice]}\n", "p:2:10: the name of a group must be text: write \"no\" in quotes"},
      {"env: HOME\n", "p:2:6: \"env\" must be a list, not a single value"},
      {"env: [A-B]\n", "p:2:6: \"A-B\" in \"env\" is not the name of a variable"},
      {"env: [\"1A\"]\n", "p:2:6: \"1A\" in \"env\" is not the name of a variable"},
      {"commands: {git: {valueoptions: []}}\n",
       "p:2:18: unknown key \"valueoptions\" in the command \"git\" (did you mean \"value_options\"?)"},
      {"commands: {git: {flags: [force]}}\n",
       "p:2:25: \"force\" in \"flags\" is not an option (with its dashes, such as -n or --namespace)"},
      {"commands: {git: {value_options: [--a=b]}}\n",
       "p:2:33: \"--a=b\" in \"value_options\" is not an option (with its dashes, such as -n or "
       "--namespace)"},
      {"commands: {git: {value_options: [-C], flags: [-C]}}\n",
       "p:2:46: \"-C\" is among \"value_options\" and among \"flags\""},
      {"commands: {git: {abbreviations: 1}}\n", "p:2:33: \"abbreviations\" must be true or false, not \"1\""},
      {"commands: {/bin/git: {flags: []}}\n",
       "p:2:12: \"/bin/git\" is not the name of a command: the last part of its path"},
      {"commands: {x: {wrapper: {form: shel}}}\n",
       "p:2:32: unknown form \"shel\" (did you mean \"shell\"?): command, shell or remote"},
      {"commands: {x: {wrapper: {skip_words: -1}}}\n",
       "p:2:38: \"skip_words\" must be from 0 to 16, not \"-1\""},
      {"commands: {x: {wrapper: {asignments: true}}}\n",
       "p:2:26: unknown key \"asignments\" in \"wrapper\" (did you mean \"assignments\"?)"},
  };
  require_each(table, problems);
}

TEST_CASE("what is wrong with a rule is said with its place") {
  const std::string match = "    match: {}\n";
  const std::string ask = match + "    effect: ask\n";
  const std::string allow = match + "    effect: allow\n";
  const std::vector<Refused> table{
      {match, "p:3:5: a rule lacks the key \"effect\""},
      {"    effect: allow\n", "p:3:5: a rule lacks the key \"match\""},
      {match + "    effect: alow\n", "p:5:13: unknown effect \"alow\" (did you mean \"allow\"?)"},
      {match + "    effect: Allow\n", "p:5:13: unknown effect \"Allow\" (did you mean \"allow\"?)"},
      {match + "    effect: yes\n", "p:5:13: \"effect\" must be text: write \"yes\" in quotes"},
      {match + "    effect: [allow]\n", "p:5:13: \"effect\" must be text, not a list"},
      {allow + "    mesage: x\n", "p:6:5: unknown key \"mesage\" in a rule (did you mean \"message\"?)"},
      {allow + "    description: 5\n", "p:6:18: \"description\" must be text: write \"5\" in quotes"},
      {allow + "    message: {}\n", "p:6:14: \"message\" must be text, not a map"},
      {allow + "    labels: {a: 1}\n", "p:6:17: the label \"a\" must be text: write \"1\" in quotes"},
      {allow + "    labels: [a]\n", "p:6:13: \"labels\" must be a map, not a list"},
      {allow + "    approval: {uses: 1}\n", "p:6:5: \"approval\" has a meaning only with the effect ask"},
      {allow + "    requires: {reason: true}\n",
       "p:6:5: \"requires\" has a meaning only with the effect ask"},
      {ask + "    approval: {use: 1}\n",
       "p:6:16: unknown key \"use\" in \"approval\" (did you mean \"uses\"?)"},
      {ask + "    approval: {uses: 0}\n", "p:6:22: \"uses\" must be from 1 to 1000000, not \"0\""},
      {ask + "    approval: {uses: \"1\"}\n", "p:6:22: \"uses\" must be a number, not \"1\""},
      {ask + "    approval: {self: no}\n", "p:6:22: \"self\" must be true or false, not \"no\""},
      {ask + "    approval: {self: \"true\"}\n", "p:6:22: \"self\" must be true or false, not \"true\""},
      {ask + "    approval: {expires: 15}\n",
       "p:6:25: \"expires\" must be a duration such as 15m or 1h30m, not \"15\""},
      {ask + "    approval: {valid_for: 0m}\n",
       "p:6:27: \"valid_for\" must be a duration such as 15m or 1h30m, not \"0m\""},
      {ask + "    break_glass: {}\n", "p:6:18: \"break_glass\" lacks the key \"from\""},
      {ask + "    break_glass: {from: []}\n",
       "p:6:25: \"from\" is an empty list: nobody could break the glass"},
      {ask + "    break_glass: {from: [nobody]}\n", "p:6:25: unknown group \"nobody\""},
      {"    match: {time.hour@Europe/Berln: 1}\n    effect: ask\n",
       "p:4:13: unknown time zone \"Europe/Berln\": a name of the tz database, such as Europe/Berlin"},
      {"    match: {time.at@Europe/Berlin: 1}\n    effect: ask\n",
       "p:4:13: unknown path \"time.at@Europe/Berlin\""},
      {ask + "    bind: [files]\n", "p:6:11: \"bind\" knows stdin, not \"files\": files are bound always"},
      {"    match: {}\n    effect: deny\n    bind: [stdin]\n",
       "p:6:5: \"bind\" has a meaning only with the effect ask"},
      {ask + "    approval: {scope: all}\n", "p:6:23: \"scope\" must be action or rule, not \"all\""},
      {allow + "    record: outcome\n",
       "p:6:5: \"record\" has a meaning only with the effect ask: without a request there is nothing to "
       "record "
       "to"},
      {ask + "    record: all\n", "p:6:13: \"record\" must be none, outcome or session, not \"all\""},
      {ask + "    approval: {signed: 1}\n", "p:6:24: \"signed\" must be true or false, not \"1\""},
      {ask + "    approval: {signed: true}\n",
       "p:6:24: nobody could approve: only signatures count here, and no file of the set names "
       "\"allowed_signers\""},
      {ask + "    approval: {deny_threshold: -1}\n",
       "p:6:32: \"deny_threshold\" must be from 1 to 100, not \"-1\""},
      {ask + "    approval: {from: sre}\n", "p:6:22: \"from\" must say how many: {sre: 1}"},
      {ask + "    approval: {from: []}\n", "p:6:22: \"from\" is an empty list: nobody could approve"},
      {ask + "    approval: {from: {}}\n", "p:6:22: an alternative in \"from\" that asks nobody"},
      {ask + "    approval: {from: [sre]}\n", "p:6:23: each of \"from\" must be a map, not a single value"},
      {ask + "    approval: {from: {anyone: 0}}\n",
       "p:6:31: the count of \"anyone\" must be from 1 to 100, not \"0\""},
      {ask + "    approval: {from: {sre: 1}}\n", "p:6:22: unknown group \"sre\""},
      {ask + "    requires: {reason: 1}\n", "p:6:24: \"reason\" must be true or false, not \"1\""},
      {ask + "    requires: {ticket: true}\n", "p:6:24: \"ticket\" must be text: write \"true\" in quotes"},
      {ask + "    requires: {ticket: \"[\"}\n",
       "p:6:24: \"ticket\" is not a regular expression (RE2): missing ]: ["},
      {ask + "    requires: {ticket: \"\"}\n",
       "p:6:24: \"ticket\" is empty: only an empty ticket would match it"},
      {ask + "    requires: {tickets: x}\n",
       "p:6:16: unknown key \"tickets\" in \"requires\" (did you mean \"ticket\"?)"},
  };
  require_each(table, rule_problems);
  REQUIRE(problems("rules:\n  - match: {}\n    effect: deny\n").front() ==
          "p:3:5: a rule lacks the key \"name\"");
  REQUIRE(problems("rules:\n  - name: \"\"\n    match: {}\n    effect: deny\n").front() ==
          "p:3:11: \"name\" of a rule is empty");
}

TEST_CASE("what is wrong with a match is said with its place") {
  const auto in_match = [](const std::string& match) {
    return rule_problems("    effect: deny\n    match: " + match + "\n");
  };
  const std::vector<Refused> table{
      {"x", "p:5:12: a match must be a map, not a single value"},
      {"[]", "p:5:12: a match must be a map, not a list"},
      {"{comand.name: x}", "p:5:13: unknown path \"comand.name\" (did you mean \"command.name\"?)"},
      {"{subcommand: x}", "p:5:13: unknown path \"subcommand\" (did you mean \"command.subcommand\"?)"},
      {"{git: x}", "p:5:13: unknown path \"git\""},
      {"{command.options.: x}",
       "p:5:13: unknown path \"command.options.\" (did you mean \"command.options.*\"?)"},
      {"{env.HOME: x}", "p:5:13: unknown path \"env.HOME\": \"env\" of no policy captures it"},
      {"{command.name: 5}", "p:5:27: command.name must be text: write \"5\" in quotes"},
      {"{command.name: no}", "p:5:27: command.name must be text: write \"no\" in quotes"},
      {"{command.name: [a, 010]}", "p:5:31: command.name must be text: write \"010\" in quotes"},
      {"{command.name: []}", "p:5:27: an empty list for command.name: nothing could match it"},
      {"{command.name: {}}", "p:5:27: an empty matcher for command.name"},
      {"{command.name: \"a[b\"}", "p:5:27: a \"[\" without its \"]\" (write [[] for the character itself)"},
      {"{command.name: \"[z-a]\"}", "p:5:27: a range in \"[…]\" that ends before it begins"},
      {"{command.name: {regexp: x}}",
       "p:5:28: unknown key \"regexp\" in the matcher of command.name (did you mean \"regex\"?)"},
      {"{command.name: {regex: \"(\"}}",
       "p:5:35: the regex for command.name is not a regular expression (RE2): missing ): ("},
      {"{command.name: {above: 1}}", "p:5:35: command.name is not a number: it is not \"above\" anything"},
      {"{command.name: {exists: 1}}", "p:5:36: \"exists\" must be true or false, not \"1\""},
      {"{command.name: {any: x}}",
       "p:5:33: a list of matchers for command.name must be a list, not a single value"},
      {"{user.uid: \"0\"}", "p:5:23: user.uid must be a number, not \"0\""},
      {"{user.uid: root}", "p:5:23: user.uid must be a number, not \"root\""},
      {"{user.uid: {regex: \"0\"}}", "p:5:31: user.uid is not text: no regex can match it"},
      {"{user.uid: {above: many}}", "p:5:31: \"above\" must be a number, not \"many\""},
      {"{git.dirty: \"true\"}", "p:5:24: git.dirty must be true or false, not \"true\""},
      {"{git.dirty: yes}", "p:5:24: git.dirty must be true or false, not \"yes\""},
      {"{command.options.f: false}",
       "p:5:32: command.options.f is never false: an option that is not given is {exists: false}"},
      {"{command.files: x}",
       "p:5:28: command.files can only be held against {exists: true} or {exists: false}"},
      {"{any: {command.name: x}}", "p:5:18: \"any\" of a match must be a list, not a map"},
      {"{any: []}", "p:5:18: \"any\" of a match is empty"},
      {"{all: []}", "p:5:18: \"all\" of a match is empty"},
      {"{not: {}}", "p:5:18: an empty match inside another: it would always hold"},
      {"{any: [{}]}", "p:5:19: an empty match inside another: it would always hold"},
      {"{not: [{command.name: x}]}", "p:5:18: a match must be a map, not a list"},
  };
  for (const auto& [match, problem] : table) {
    INFO(match);
    const auto found = in_match(match);
    REQUIRE(found.size() == 1);
    REQUIRE(found.front() == problem);
  }
  std::string deep = "{command.name: x}";
  for (int i = 0; i < 20; ++i) deep = "{not: " + deep + "}";
  REQUIRE(in_match(deep).front().ends_with(": nested more than 16 deep"));
}

TEST_CASE("what is wrong with a test is said with its place") {
  const std::string rule = "rules:\n  - {name: reads, match: {}, effect: ask}\ntests:\n  - ";
  const std::vector<Refused> table{
      {"{name: t, given: {argv: [a]}}", "p:5:5: a test lacks the key \"expect\""},
      {"{name: t, expect: {effect: ask}}", "p:5:5: a test lacks the key \"given\""},
      {"{given: {argv: [a]}, expect: {effect: ask}}", "p:5:5: a test lacks the key \"name\""},
      {"{name: t, given: {user.name: a}, expect: {effect: ask}}", "p:5:22: \"given\" lacks the key \"argv\""},
      {"{name: t, given: {argv: []}, expect: {effect: ask}}", "p:5:29: \"command.argv\" needs a command"},
      {"{name: t, given: {argv: [a, 5]}, expect: {effect: ask}}",
       "p:5:33: each of \"command.argv\" must be text: write \"5\" in quotes"},
      {"{name: t, given: {argv: [a], usr.name: b}, expect: {effect: ask}}",
       "p:5:34: unknown path \"usr.name\" (did you mean \"user.name\"?)"},
      {"{name: t, given: {argv: [a], command.name: b}, expect: {effect: ask}}",
       "p:5:34: \"command.name\" follows from \"argv\" and cannot be given"},
      {"{name: t, given: {argv: [a], env.X: b}, expect: {effect: ask}}",
       "p:5:34: unknown path \"env.X\": \"env\" of no policy captures it"},
      {"{name: t, given: {argv: [a]}, expect: {effect: maybe}}", "p:5:52: unknown effect \"maybe\""},
      {"{name: t, given: {argv: [a]}, expect: {rule: reads}}", "p:5:43: \"expect\" lacks the key \"effect\""},
      {"{name: t, given: {argv: [a]}, expect: {effect: ask, rule: read}}",
       "p:5:63: unknown rule \"read\" (did you mean \"reads\"?)"},
      {"{name: t, given: {argv: [a]}, expect: {effect: ask, form: {sre: 1}}}",
       "p:5:57: unknown key \"form\" in \"expect\" (did you mean \"from\"?)"},
      {"{name: t, given: {argv: [a]}, expect: {effect: ask, from: {sre: 1}}}",
       "p:5:63: unknown group \"sre\""},
  };
  for (const auto& [test, problem] : table) {
    INFO(test);
    const auto found = problems(rule + test + "\n");
    REQUIRE(found.size() == 1);
    REQUIRE(found.front() == problem);
  }
}

TEST_CASE("all problems of all files are said, in order") {
  const auto found = problems_of({
      {"b", "version: 1\nrules:\n  - {name: r, match: {x: y}, effect: alow}\nenv: [1]\n"},
      {"a", "version: 1\nrules: [}\n"},
      {"c", "version: 3\ngroups: {}\n"},
  });
  REQUIRE(found.size() == 5);
  REQUIRE(found[0].starts_with("b:3:"));
  REQUIRE(found[1].starts_with("b:3:38: unknown effect"));
  REQUIRE(found[2].starts_with("b:4:7: "));
  REQUIRE(found[3].starts_with("a:2:"));
  REQUIRE(found[4].starts_with("c:1:10: "));
}

TEST_CASE("names belong to the whole set") {
  const std::string rule = "rules: [{name: r, match: {}, effect: ask, approval: {from: {sre: 1}}}]\n";
  const std::string sre = "groups: {sre: [alice, bob]}\n";
  SECTION("any file may use them") {
    REQUIRE(problems_of({{"a", "version: 1\n" + rule}, {"b", "version: 1\n" + sre}}).empty());
    REQUIRE(problems_of({{"a", "version: 1\nrules: [{name: r, match: {env.X: a}, effect: ask}]\n"},
                         {"b", "version: 1\nenv: [X]\n"}})
                .empty());
  }
  SECTION("the same definition twice is one") {
    REQUIRE(problems_of({{"a", "version: 1\n" + sre}, {"b", "version: 1\ngroups: {sre: [bob, alice]}\n"}})
                .empty());
    REQUIRE(problems_of({{"a", "version: 1\ncommands: {x: {flags: [-a]}}\n"},
                         {"b", "version: 1\ncommands: {x: {flags: [-a]}}\n"}})
                .empty());
    REQUIRE(problems_of({{"a", "version: 1\nenv: [X]\n"}, {"b", "version: 1\nenv: [X]\n"}}).empty());
  }
  SECTION("two different ones are an error") {
    REQUIRE(problems_of({{"a", "version: 1\n" + sre}, {"b", "version: 1\ngroups: {sre: [alice]}\n"}}) ==
            std::vector<std::string>{"b:2:10: group \"sre\" is defined twice: also at a:2"});
    REQUIRE(problems_of({{"a", "version: 1\ncommands: {x: {flags: [-a]}}\n"},
                         {"b", "version: 1\ncommands: {x: {flags: [-b]}}\n"}}) ==
            std::vector<std::string>{"b:2:12: command \"x\" is defined twice: also at a:2"});
    const std::string plain = "version: 1\nrules: [{name: r, match: {}, effect: ask}]\n";
    REQUIRE(problems_of({{"a", plain}, {"b", plain}}) ==
            std::vector<std::string>{"b:2:16: rule \"r\" is defined twice: also at a:2"});
  }
  SECTION("a typo gets a suggestion") {
    REQUIRE(problems_of({{"a", "version: 1\n" + rule + "groups: {srx: [a]}\n"}}) ==
            std::vector<std::string>{"a:2:60: unknown group \"sre\" (did you mean \"srx\"?)"});
  }
}

TEST_CASE("a requirement that its groups can never fill is an error") {
  const auto with = [](const std::string& from) {
    return problems(
        "groups: {sre: [alice, bob], ops: [alice], many: [\"unix:adm\"], none: []}\n"
        "rules: [{name: r, match: {}, effect: ask, approval: {from: " +
        from + "}}]\n");
  };
  for (const char* good : {"{sre: 2}", "{sre: 1, ops: 1}", "{many: 50}", "{anyone: 50}", "{sre: 2, many: 1}",
                           "[{sre: 1}, {ops: 1}]"}) {
    INFO(good);
    REQUIRE(with(good).empty());
  }
  REQUIRE(with("{sre: 3}") ==
          std::vector<std::string>{"p:3:60: nobody could approve: 3 of sre is more people than there are"});
  // alice is in both: one person fills one seat.
  REQUIRE(with("{sre: 2, ops: 1}").size() == 1);
  REQUIRE(with("{none: 1}").size() == 1);
  REQUIRE(with("[{sre: 1}, {ops: 2}]") ==
          std::vector<std::string>{"p:3:71: nobody could approve: 2 of ops is more people than there are"});
}

TEST_CASE("a label's text that looks like something else is kept when it is quoted") {
  const Set set = set_of(
      "rules: [{name: \"no\", match: {command.name: \"5\"}, effect: deny, labels: {\"on\": \"010\"}}]\n");
  const Verdict verdict = judge(set, {"5"});
  REQUIRE(verdict.rules == std::vector<std::string>{"no"});
  REQUIRE(verdict.labels == std::map<std::string, std::string>{{"on", "010"}});
}
