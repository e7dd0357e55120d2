#include "terminal/render.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "sample.hpp"
#include "util/text.hpp"
#include "util/visible.hpp"

using namespace jit::terminal;
using jit::approval::ReviewVerdict;
using jit::approval::State;
using sample::has;
using sample::kNow;

namespace {

// What can be done to a terminal, or to a reader, is in none of these bytes.
void check_safe(const std::string& text) {
  for (std::string_view rest = text; !rest.empty();) {
    const auto point = jit::util::take_code_point(rest);
    REQUIRE(point);
    if (*point != '\n' && jit::util::oddity_of(*point) != jit::util::Oddity::none)
      FAIL("not made visible: " << unsigned(*point));
  }
}

std::string field(const std::string& screen, const std::string& heading) {
  std::istringstream lines(screen);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(heading + " ", 0) == 0) return line.substr(static_cast<std::size_t>(kLabelWidth));
  }
  return "(no such field)";
}

}  // namespace

TEST_CASE("a list line names the request, the requester, the time left and the command") {
  CHECK(list_line(sample::view(), kNow, 100, Color::off) ==
        "7k3mq2vd  alice       15:00      kubectl --context prod-eu delete ns payments-old");
}

TEST_CASE("a list line never takes more than its width and declares what it leaves out") {
  const auto view = sample::view({"sh", "-c", std::string(120 * 1024, 'x') + "; rm -rf /"});
  for (int width = 0; width < 200; width += 7) {
    const std::string line = list_line(view, kNow, width, Color::off);
    CAPTURE(width, line);
    CHECK(columns(line) <= width);
    if (width > 0) CHECK(has(line, "…"));
  }
  CHECK(has(list_line(view, kNow, 120, Color::off), "… (+1228"));
}

TEST_CASE("a list line marks what needs a closer look") {
  CHECK(has(list_line(sample::view({"rm", "a\u202eb"}), kNow, 100, Color::off), "! rm $'a\\u{202e}b'"));
}

TEST_CASE("a list line says how it ended") {
  auto view = sample::view();
  view.request.state = State::denied;
  CHECK(has(list_line(view, kNow, 100, Color::off), "denied "));
}

TEST_CASE("a revocation is no denial") {
  auto view = sample::view();
  view.request.state = State::revoked;
  view.request.reviews = {{"carol", ReviewVerdict::deny, "no", kNow},
                          {"bob", ReviewVerdict::deny, "changed my mind", kNow}};
  const std::string screen = full(view, kNow, Color::off);
  CHECK(has(screen, "carol denied at "));
  CHECK(has(screen, "bob revoked the approval at "));
  view.request.state = State::denied;
  CHECK(has(full(view, kNow, Color::off), "bob denied at "));
}

TEST_CASE("words are told from one another") {
  CHECK(field(full(sample::view({"rm", "a b"}), kNow, Color::off), "Command") == "rm 'a b'");
  CHECK(field(full(sample::view({"rm", "a", "b"}), kNow, Color::off), "Command") == "rm a b");
  const std::string odd = full(sample::view({"rm", "", "a "}), kNow, Color::off);
  CHECK(field(odd, "Command") == "rm '' 'a '");
  CHECK(has(odd, "\n         [0] rm\n         [1] ''\n         [2] 'a '\n"));
}

TEST_CASE("the full view is complete however long the command is") {
  const std::string padding(120 * 1024, 'x');
  const auto view = sample::view({"sh", "-c", padding + "; rm -rf /"});
  const std::string screen = full(view, kNow, Color::off);
  CHECK(has(screen, "'" + padding + "; rm -rf /'"));
  CHECK(has(screen, "! the command is long: 3 words"));
  std::vector<std::string> many(20'000, "word");
  many.emplace_back("last-word");
  CHECK(has(full(sample::view(many), kNow, Color::off), "[20000] last-word\n"));
}

TEST_CASE("the full view shows every fact, also those it has never heard of") {
  auto context = sample::context({"kubectl", "delete"});
  context["command"]["files"] = {
      {{"path", "deploy.sh"}, {"sha256", std::string(64, 'b')}, {"size", 812}},
      {{"path", "big.iso"}, {"sha256", nullptr}, {"why", "larger than 64 MiB"}, {"size", 1}}};
  context["git"] = {{"root", "/srv/payments"},
                    {"branch", "main"},
                    {"commit", std::string(40, 'c')},
                    {"subject", "Tidy up"},
                    {"author", "Bob"},
                    {"dirty", true},
                    {"remote", "git@example.org:x.git"},
                    {"tag", "v1.2"}};
  context["env"] = {{"AWS_PROFILE", "prod"}};
  context["unsafe_env"] = {{"LD_PRELOAD", "/tmp/x.so"}};
  context["labels"] = {{"environment", "production"}};
  context["warnings"] = {
      {"critical", 1},
      {"active", {{{"severity", "critical"}, {"summary", "disk full"}, {"since", "09:00"}}}}};
  context["systems"] = {
      {{"name", "payments-db"},
       {"environment", "production"},
       {"owners", {"dba", "erin"}},
       {"link", "https://w/p"}},
      {{"name", "attic"}, {"environment", nullptr}, {"owners", sample::Json::array()}, {"link", nullptr}}};
  context["overridden_labels"] = {{"environment", "dev"}};
  context["activity"] = {
      {"requests_24h", 1},
      {"denied_24h", 1},
      {"requests_7d", 4},
      {"denied_7d", 2},
      {"break_glass_7d", 1},
      {"running", 1},
      {"waiting", 7},
      {"noise", 3},
      {"last_runs", {{{"at", "09:00"}, {"by", "bob"}, {"state", "finished"}, {"status", 3}}}},
      {"in_flight",
       {{{"id", "abcdefghijk"},
         {"requester", "bob"},
         {"state", "started"},
         {"systems", {"payments-db", "attic"}}}}}};
  context["moon"] = {{"phase", "full"}};
  const std::string screen = full(sample::view_of(context), kNow, Color::off);
  CAPTURE(screen);
  for (const char* part :
       {"7k3mq2vdaaaaaaaaaaaaaaaaaa",
        "15:00 left",
        "kubectl delete",
        "OPS-4411 retire the old shard",
        "kubectl-deletes-in-production",
        "alice (uid 1000, logged in as alice, groups dev ops)",
        "bastion-1 (Debian GNU/Linux 12)",
        "/srv/payments",
        "10.0.0.5",
        "/dev/pts/3",
        "/usr/bin/kubectl",
        "deploy.sh",
        "812",
        "CONTENT NOT BOUND: larger than 64 MiB",
        "main",
        "Tidy up",
        "Bob",
        "git@example.org:x.git",
        "v1.2",
        "CHANGED, not committed",
        "AWS_PROFILE=prod",
        "LD_PRELOAD=/tmp/x.so",
        "environment=production",
        "critical disk full",
        "moon.phase = full",
        "System       payments-db (production, owners dba erin, https://w/p)",
        "\n             attic\n",
        "! the requester's label environment=dev does not count: by the policies it is production",
        "of the requester: 1 request in 24 hours, 1 denied; 4 in 7 days, 2 denied, 1 break-glass",
        "finished, asked by bob at 09:00, exit code 3",
        "abcdefgh by bob on payments-db, attic: started",
        "and 7 more",
        "activity.noise = 3",
        "! another change on payments-db, attic may be running: abcdefgh by bob",
        "2 of sre",
        "alice-2, bob, carol",
        "1 run",
        "sha256:"}) {
    CAPTURE(part);
    CHECK(has(screen, part));
  }
  CHECK(has(screen, std::string(64, 'a')));
  CHECK(has(screen, std::string(64, 'b')));
  CHECK(has(screen, std::string(40, 'c')));
  CHECK(screen.rfind("! ", 0) == 0);
}

TEST_CASE("no foreign text gets through as it is, whatever field it comes in") {
  const std::string evil =
      "x\x1b]52;c;aGk=\x07\x9b"
      "2J\u009b\r\n\u202e\u200b\u2028Fake        field";
  auto context = sample::context({evil, evil});
  for (auto& [section, inside] : context.items()) {
    if (!inside.is_object()) continue;
    for (auto& [key, value] : inside.items()) {
      if (value.is_string()) value = evil;
    }
  }
  context["git"] = {{"root", evil}, {"branch", evil}, {"subject", evil}, {"commit", evil}};
  context["env"] = {{evil, evil}};
  context["unsafe_env"] = {{evil, evil}};
  context["labels"] = {{evil, evil}};
  context["raw"] = {{evil, "ff"}};
  context[evil] = {{evil, evil}};
  context["warnings"] = {{"active", {{{"severity", evil}, {"summary", evil}}}}};
  context["command"]["files"] = {{{"path", evil}, {"why", evil}}};
  context["systems"] = {{{"name", evil}, {"environment", evil}, {"owners", {evil}}, {"link", evil}}};
  context["overridden_labels"] = {{evil, evil}};
  context["activity"] = {
      {"why", evil},
      {"last_runs", {{{"at", evil}, {"by", evil}, {"state", evil}, {"status", evil}}}},
      {"in_flight", {{{"id", evil}, {"requester", evil}, {"state", "started"}, {"systems", {evil}}}}}};
  auto view = sample::view_of(context);
  view.request.reason = view.request.ticket = view.request.message = view.request.requester = evil;
  view.request.rules = {evil};
  view.request.reviews = {sample::review(evil, ReviewVerdict::deny, evil)};
  view.eligible = {evil};
  view.missing = {{{evil, 1}}};
  check_safe(full(view, kNow, Color::off));
  check_safe(full(view, kNow, Color::off, 80));
  check_safe(list_line(view, kNow, 500, Color::off));
  check_safe(whom(view));
  for (const auto& warning : warnings(view)) check_safe(warning);
  for (const auto state : {State::pending, State::approved, State::denied, State::started, State::finished}) {
    view.request.state = state;
    check_safe(decision(view));
  }
  CHECK_FALSE(has(full(view, kNow, Color::off), "\nFake"));
}

TEST_CASE("with a width, no value can begin a line at the edge of the screen") {
  auto view = sample::view();
  view.request.reason = "ok" + std::string(65, ' ') + "Review       bob approved";
  std::istringstream lines(full(view, kNow, Color::off, 80));
  int reviews = 0;
  for (std::string line; std::getline(lines, line);) {
    CHECK(columns(line) <= 80);
    if (line.rfind("Review", 0) == 0) ++reviews;
  }
  CHECK(reviews == 0);
}

TEST_CASE("bytes that are not UTF-8 show as they are, from the raw bytes") {
  auto context = sample::context({"rm", "caf\\xe9"});
  context["raw"] = {{"command.argv.1", "636166e9"}};
  CHECK(field(full(sample::view_of(context), kNow, Color::off), "Command") == "rm $'caf\\xe9'");
  // Typed like that, it is other text.
  CHECK(field(full(sample::view({"rm", "caf\\xe9"}), kNow, Color::off), "Command") == "rm 'caf\\xe9'");
}

TEST_CASE("a context of unexpected form shows as it is, without an exception") {
  for (
      const char* text :
      {"null", "[]", "\"x\"", "{}", R"({"command": 1})", R"({"command": {"argv": [1, null, {"a": []}]}})",
       R"({"command": {"argv": "x", "files": [1, null]}, "git": 3, "env": [1], "user": []})",
       R"({"systems": 1, "activity": [1], "overridden_labels": "x"})",
       R"({"systems": [1, {"owners": 3}], "activity": {"in_flight": [1], "last_runs": {}, "running": 9223372036854775807, "waiting": 9223372036854775807}})"}) {
    CAPTURE(text);
    const auto view = sample::view_of(sample::Json::parse(text));
    CHECK(has(full(view, kNow, Color::off), "Request"));
    CHECK(has(list_line(view, kNow, 80, Color::off), "7k3mq2vd"));
  }
}

TEST_CASE("whom") {
  auto view = sample::view();
  CHECK(whom(view) == "2 of sre (alice-2, bob, carol)");
  view.missing = {{{"sre", 1}}};
  view.request.reviews = {sample::review("bob", ReviewVerdict::approve, "")};
  CHECK(whom(view) == "1 of sre (alice-2, carol)");
  view.missing = {{{"dba", 1}, {"sre", 1}}, {{"lead", 1}}};
  view.eligible = {};
  CHECK(whom(view) == "1 of dba and 1 of sre or 1 of lead (nobody)");
  view.missing = {{{"anyone", 1}}};
  view.eligible = {"anyone"};
  CHECK(whom(view) == "1 of anyone");
  view.eligible = {"a", "b", "c", "d", "e", "f", "g", "h"};
  CHECK(whom(view) == "1 of anyone (a, b, c, d, e and 3 more)");
}

TEST_CASE("decision") {
  auto view = sample::view();
  CHECK(decision(view) == "waiting for 2 of sre (alice-2, bob, carol)");
  view.request.reviews = {sample::review("bob", ReviewVerdict::approve, "fine"),
                          sample::review("carol", ReviewVerdict::approve, "")};
  view.request.state = State::approved;
  CHECK(decision(view) == "approved by bob, carol");
  view.request.reviews[1] = sample::review("carol", ReviewVerdict::deny, "not tonight");
  view.request.state = State::denied;
  CHECK(decision(view) == "denied by carol: not tonight");
  view.request.state = State::expired;
  CHECK(has(decision(view), "expired"));
}

TEST_CASE("warnings name what an approver must notice, and are silent otherwise") {
  CHECK(warnings(sample::view()).empty());
  auto one = [](const sample::Json& context) {
    const auto found = warnings(sample::view_of(context));
    REQUIRE(found.size() == 1);
    return found.front();
  };
  auto context = sample::context({"rm", "p\u0430y"});
  CHECK(has(one(context), "word 1 of the command holds look-alikes"));
  context = sample::context({"rm", "a\x1b"});
  CHECK(has(one(context), "control characters"));
  context = sample::context({"mysql", "[redacted]"});
  context["command"]["redactions"] = {{{"arg", 1}, {"fingerprint", "ab"}}};
  CHECK(has(one(context), "a secret in word 1"));
  context = sample::context({"x"});
  context["command"]["sha256"] = nullptr;
  CHECK(has(one(context), "not bound"));
  context = sample::context({"x"});
  context["unsafe_env"] = {{"LD_PRELOAD", "x"}};
  CHECK(has(one(context), "LD_PRELOAD is set"));
  context = sample::context({"x"});
  context["user"]["login"] = "mallory";
  CHECK(has(one(context), "logged in as mallory"));
  context = sample::context({"x", "a" + std::string(40, ' ') + "b"});
  CHECK(has(one(context), "long run of spaces"));
  context = sample::context({"x"});
  context["raw"] = {{"command.cwd", "ff"}};
  CHECK(has(one(context), "not UTF-8"));
}

TEST_CASE("typographic quotes and dashes in a reason are shown, but are no reason for alarm") {
  auto view = sample::view();
  view.request.reason = "it\u2019s late \u2013 \u201cplease\u201d";
  CHECK(warnings(view).empty());
  CHECK(has(full(view, kNow, Color::off), "it\\u{2019}s"));
  view.request.reason = "p\u0430y";
  CHECK(warnings(view).size() == 1);
}

TEST_CASE("a thousand odd words do not drown the other warnings") {
  auto context = sample::context(std::vector<std::string>(1000, "\x1b"));
  context["unsafe_env"] = {{"LD_PRELOAD", "x"}};
  CHECK(warnings(sample::view_of(context)).size() < 10);
}
