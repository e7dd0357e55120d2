#include "server/slack_gate.hpp"

#include <catch2/catch.hpp>

#include "util/digest.hpp"

namespace jit::server {
namespace {

using namespace std::chrono_literals;

// The example of "Verifying requests from Slack", with its signature.
const std::string kSigningSecret = "8f742231b10e8888abcd99yyyzzz85a5";
const std::string kSlackBody =
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
    "channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
    "response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%"
    "2F96rGlfmibIGlgcZRskXaIFfN&"
    "trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
const std::string kSlackSignature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
const util::Time kThen{std::chrono::seconds{1531420618}};
const Rates::Clock::time_point kClock = Rates::Clock::now();

Message slack_message(const std::string& timestamp = "1531420618",
                      const std::string& signature = kSlackSignature) {
  return {"POST",
          kSlackPath,
          {{"x-slack-request-timestamp", timestamp}, {"x-slack-signature", signature}},
          kSlackBody};
}

int status_of(const Message& message, util::Time now = kThen) {
  SlackGate gate(kSigningSecret);
  const auto objection = gate.objection(message, now, kClock);
  return objection ? objection->status : 0;
}

}  // namespace

TEST_CASE("Slack's own example passes, and nothing that differs from it") {
  CHECK(status_of(slack_message()) == 0);
  Message other = slack_message();
  other.body += "x";
  CHECK(status_of(other) == 401);
  other.body.clear();
  CHECK(status_of(other) == 401);
  std::string signature = kSlackSignature;
  for (char& c : signature) {
    const char before = c;
    c = c == '0' ? '1' : '0';
    CHECK(status_of(slack_message("1531420618", signature)) == 401);
    c = before;
  }
  for (const std::string& wrong : std::vector<std::string>{
           std::string(), kSlackSignature.substr(3), "v0=", kSlackSignature + "0", kSlackSignature + '\0',
           kSlackSignature.substr(0, 66), "V0=" + kSlackSignature.substr(3), " " + kSlackSignature})
    CHECK(status_of(slack_message("1531420618", wrong)) == 401);
  SlackGate another("8f742231b10e8888abcd99yyyzzz85a6");
  CHECK(another.objection(slack_message(), kThen, kClock)->status == 401);
}

TEST_CASE("what Slack signed is good for five minutes, and not before") {
  CHECK(status_of(slack_message(), kThen + 5min) == 0);
  CHECK(status_of(slack_message(), kThen - 5min) == 0);
  CHECK(status_of(slack_message(), kThen + 5min + 1ms) == 401);
  CHECK(status_of(slack_message(), kThen - 5min - 1ms) == 401);
}

TEST_CASE("a time is digits, though it be signed") {
  for (const std::string& text : std::vector<std::string>{"", "+1531420618", "-1531420618", "1531420618 ",
                                                          " 1531420618", "1531420618.0", "0x5b479f4a",
                                                          "999999999999999999999", "1531420618\r\nX: y"}) {
    const std::string signature = "v0=" + util::hmac_sha256(kSigningSecret, "v0:" + text + ":" + kSlackBody);
    CHECK(status_of(slack_message(text, signature)) == 401);
  }
}

TEST_CASE("other methods, and more than a click ever is") {
  Message look = slack_message();
  look.method = "GET";
  CHECK(status_of(look) == 405);
  Message large = slack_message();
  large.body = std::string(kLongestSlackBody + 1, 'x');
  CHECK(status_of(large) == 413);
}

TEST_CASE("a flood of forged ones is told less, and keeps Slack's own not out") {
  SlackGate gate(kSigningSecret);
  Message forged = slack_message();
  forged.body += "x";
  int told = 0;
  std::optional<Reply> last;
  for (int i = 0; i < 1000; ++i) {
    last = gate.objection(forged, kThen, kClock);
    REQUIRE(last);
    if (last->status == 401) ++told;
  }
  CHECK(told == 30);
  CHECK(last->status == 429);
  CHECK(last->headers.contains("Retry-After"));
  CHECK_FALSE(gate.objection(slack_message(), kThen, kClock));
  CHECK(gate.objection(forged, kThen, kClock + 2s)->status == 401);
}

}  // namespace jit::server
