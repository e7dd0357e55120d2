#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "policy/channel_kinds.hpp"
#include "policy/support.hpp"
#include "policy/verdict.hpp"

using namespace jit::policy;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> channel_problems(const std::string& rest) {
  return problems_of({{"p", "version: 1\n" + rest}});
}

const std::string kOpsChannel = "channels:\n  ops: {teams: {url_file: /etc/jit-run/secrets/ops}}\n";

std::string told_rule(const std::string& lines) {
  return kOpsChannel + "rules:\n  - name: r\n    match: {}\n    effect: ask\n" + lines;
}

}  // namespace

TEST_CASE("what is wrong with a channel is said with its place") {
  const std::vector<std::pair<std::string, std::string>> table{
      {"channels: {ops: {slak: {}}}\n", "p:2:18: unknown kind of channel \"slak\" (did you mean \"slack\"?)"},
      {"channels: {ops: {}}\n", "must have exactly one kind"},
      {"channels: {ops: {teams: {url_file: secrets/x}}}\n", "must be the absolute path of a file"},
      {"channels: {ops: {teams: {url: \"https://x\"}}}\n", "unknown key \"url\" in the channel's teams"},
      {"channels: {ops: {slack: {}}}\n", "slack needs \"url_file\""},
      {"channels: {ops: {slack: {token_file: /t}}}\n", "go together"},
      {"channels: {ops: {ntfy: {topic_file: /t, server: \"ftp://x\"}}}\n", "must be an https:// URL"},
      {"channels: {ops: {program: {argv: [notify]}}}\n", "absolute path of the program"},
      {"channels: {ops: {program: {argv: []}}}\n", "is an empty list"},
      {"channels: {ops: {email: {server: \"mail:25\", from: a@b, to: [c@d]}}}\n", "must be smtps://HOST:465"},
      {"channels: {ops: {email: {server: \"smtp://m:587\", from: \"a@b>\", to: [c@d]}}}\n",
       "is no mail address"},
      {"channels: {ops: {email: {server: \"smtp://m:587\", from: a@b, to: [\"c@d Bcc: x\"]}}}\n",
       "is no mail address"},
      {"link: \"https://x/\"\n", "that has {id}"},
      {"link: \"javascript:{id}\"\n", "must be a URL"},
      {told_rule("    notify: [opps]\n"),
       "unknown channel \"opps\": \"channels\" of no policy has it (did you mean \"ops\"?)"},
      {told_rule("    notify: []\n"), "nobody would be told"},
      {told_rule("    remind_after: 5m\n"), "nobody would be reminded"},
      {told_rule("    escalate: {after: 5m}\n"), "\"escalate\" lacks the key \"to\""},
      {told_rule("    escalate: {after: soon, to: [ops]}\n"), "must be a duration"},
      {kOpsChannel + "rules:\n  - name: r\n    match: {}\n    effect: deny\n    notify: [ops]\n",
       "only with the effect ask"},
  };
  for (const auto& [text, problem] : table) {
    const auto found = channel_problems(text);
    INFO(text);
    REQUIRE_FALSE(found.empty());
    const auto says = [&wanted = problem](const std::string& one) {
      return one.find(wanted) != std::string::npos;
    };
    CHECK(std::any_of(found.begin(), found.end(), says));
  }
}

TEST_CASE("a channel belongs to the whole set, once") {
  const std::string ops = "version: 1\n" + kOpsChannel;
  const auto set = Set::from_texts({{"a", ops}, {"b", ops + "link: \"https://x/{id}\"\n"}});
  REQUIRE(set.channels().size() == 1);
  CHECK(set.channels().front().kind == "teams");
  CHECK(set.channels().front().settings == R"({"url_file":"/etc/jit-run/secrets/ops"})");
  CHECK(set.link() == "https://x/{id}");
  const auto problem =
      problems_of({{"a", ops}, {"b", "version: 1\nchannels: {ops: {teams: {url_file: /other}}}\n"}});
  REQUIRE(problem.size() == 1);
  CHECK(problem.front().find("is defined twice") != std::string::npos);
}

TEST_CASE("whom to tell combines: everybody, at the earliest") {
  Verdict a;
  Verdict b;
  a.effect = b.effect = Effect::ask;
  a.requirement.notices = {{"x"}, 5min, 10min, {"boss"}};
  b.requirement.notices = {{"y", "x"}, std::nullopt, 2min, {"oncall"}};
  const auto both = combine(a, b).requirement;
  CHECK(both.notices == Notices{{"x", "y"}, 5min, 2min, {"boss", "oncall"}});
  CHECK(requirement_from_json(to_json(both)).notices == both.notices);
  CHECK_FALSE(to_json(Requirement{}).contains("notify"));
}
