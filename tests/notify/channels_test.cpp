#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "notify/channel.hpp"
#include "notify/escape.hpp"
#include "policy/channel_kinds.hpp"

namespace jit::notify {
namespace {

using util::Json;

const std::string kAttack =
    "<!here> @everyone <@U1> [x](http://evil) *b* `c` <b>&\x1b[31m\xe2\x80\xae\r\nBcc: e@x";

approval::View view() {
  approval::Request request(*approval::RequestId::parse("abcdefghijklmnopqrstuvwxya"));
  request.requester = "alice";
  request.reason = kAttack;
  request.rules = {kAttack};
  request.requirement.from = {policy::Requirement::Seats{{"sre", 1}}};
  request.expires_at = request.created_at + std::chrono::minutes(5);
  request.context = std::make_shared<const Json>(Json{
      {"command", {{"line", "echo " + kAttack}, {"argv", {"echo", kAttack}}, {"cwd", kAttack}}},
      {"host", {{"name", kAttack}}},
      {"labels", {{"x", kAttack}}},
      {"systems", {{{"name", "db"}, {"environment", kAttack}, {"owners", {kAttack}}, {"link", kAttack}}}},
      {"activity",
       {{"requests_24h", 2},
        {"requests_7d", 2},
        {"running", 1},
        {"in_flight",
         {{{"id", "abcdefghi"}, {"requester", kAttack}, {"state", "started"}, {"systems", {"db"}}}}}}}});
  return {request, {policy::Requirement::Seats{{"sre", 1}}}, {"bob", kAttack}};
}

Message message(const std::string& type = "ask") {
  return make_message(view(), {"msg_1", type, "bob", kAttack, "pending", {kAttack}, {}}, "https://x/{id}",
                      {});
}

const Json kSettings = {{"server", "smtp://m:587"}, {"from", "a@b"},   {"to", {"c@d", "e@f"}},
                        {"argv", {"/bin/x", "y"}},  {"channel", "C1"}, {"topic_file", "/t"}};
const Secrets kSecrets{{"url", "https://h/x"},       {"key", "R1"},    {"topic", "ops"}, {"token", "xoxb"},
                       {"secret", "whsec_c2VjcmV0"}, {"password", "p"}};

Json body_of(const std::string& kind, const Message& sent, const Json& settings = kSettings,
             const std::string& reference = "") {
  return Json::parse(std::get<Post>(find_kind(kind)->pack({sent, settings, kSecrets, reference})).body);
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a policy knows the kinds that there are, and no others") {
  std::vector<std::string> known;
  for (const auto& kind : policy::channel_kinds()) known.push_back(kind.name);
  CHECK(known == kind_names());
}

TEST_CASE("a message says what decides") {
  const Message asked = message();
  CHECK(asked.title == "alice asks for approval");
  CHECK(asked.lines.front() == "jit-approve approve abcdefghijklmnopqrstuvwxya");
  CHECK(asked.link == "https://x/abcdefghijklmnopqrstuvwxya");
  CHECK(asked.is_open);
  CHECK(holds(asked.next, "1 of sre"));
  std::string facts;
  for (const auto& [name, value] : asked.facts) facts += name + ": " + value + "\n";
  CHECK(holds(facts, "Systems: db ("));
  CHECK(holds(facts, "Activity: 2 requests in 24 hours; 2 in 7 days; abcdefgh by "));
  auto long_one = view();
  auto context = *long_one.request.context;
  context["command"]["line"] = std::string(5000, 'x');
  long_one.request.context = std::make_shared<const Json>(context);
  const auto made = make_message(long_one, {"m", "ask", "", "", "pending", {}, {}}, "", {});
  CHECK(holds(made.command, "[4200 bytes more]"));
  CHECK(made.lines.back() == "jit-approve show abcdefghijklmnopqrstuvwxya");
}

TEST_CASE("what is dangerous comes first among the warnings, and no secret leaves in what people write") {
  approval::View shown = view();
  Json context = *shown.request.context;
  for (char c = 'a'; c < 'k'; ++c) context["labels"][std::string(1, c)] = "odd\n";
  context["unsafe_env"] = {{"LD_PRELOAD", "/x"}};
  shown.request.context = std::make_shared<const Json>(context);
  context["host"]["name"] = "password=hunter2secretX";
  context["command"]["path"] = "/home/eve/bin/kubectl";
  shown.request.context = std::make_shared<const Json>(context);
  shown.request.reason = "use ghp_abcdefghijklmnopqrstuvwxyz0123456789 password=hunter2secretX";
  const auto sent = make_message(shown, {"msg_1", "ask", "alice", "", "pending", {}, {}}, "", {});
  std::string facts;
  for (const auto& [name, value] : sent.facts) facts += name + ": " + value + "\n";
  INFO(facts);
  CHECK(holds(facts, "Warnings: "));
  CHECK(holds(facts, "LD_PRELOAD=/x"));
  CHECK(holds(facts, "Program: /home/eve/bin/kubectl"));
  CHECK_FALSE(holds(facts, "ghp_abc"));
  CHECK_FALSE(holds(facts, "hunter2"));
}

TEST_CASE("nothing foreign reaches a channel as anything but text") {
  for (const auto& kind : kind_names()) {
    INFO(kind);
    const Message sent = message();
    const auto parcel = find_kind(kind)->pack({sent, kSettings, kSecrets, ""});
    std::string text;
    if (const auto* post = std::get_if<Post>(&parcel)) {
      text = Json::parse(post->body).dump();
      for (const auto& header : post->headers) CHECK(header.find_first_of("\r\n") == std::string::npos);
    } else if (const auto* mail = std::get_if<Mail>(&parcel)) {
      CHECK_FALSE(holds(mail->text, "\nBcc"));
      CHECK_FALSE(holds(mail->text, "evil"));
      continue;
    } else if (const auto* bell = std::get_if<Bell>(&parcel)) {
      text = bell->line;
    } else {
      text = std::get<Run>(parcel).input;
      CHECK(std::get<Run>(parcel).argv == std::vector<std::string>{"/bin/x", "y"});
    }
    CHECK_FALSE(holds(text, "\x1b"));
    CHECK_FALSE(holds(text, "\xe2\x80\xae"));
    CHECK_FALSE(holds(text, "\r"));
  }
  CHECK_FALSE(holds(body_of("mattermost", message()).dump(), "@"));
  CHECK(body_of("discord", message())["allowed_mentions"] == Json{{"parse", Json::array()}});
  CHECK_FALSE(holds(body_of("google_chat", message()).dump(), "<b>&\\"));
  CHECK_FALSE(holds(body_of("teams", message()).dump(), "\"TextBlock\""));
  const Json slack = body_of("slack", message());
  CHECK(holds(slack["text"].get<std::string>(), "&lt;!here&gt;"));
  CHECK_FALSE(holds(slack.dump(), "mrkdwn"));
}

TEST_CASE("Slack: a bot's message is updated, and its answers are read") {
  const Json settings = {{"token_file", "/t"}, {"channel", "C1"}};
  const Message sent = message("approve");
  const Sending first{sent, settings, kSecrets, ""};
  CHECK(std::get<Post>(pack_slack(first)).url == "https://slack.com/api/chat.postMessage");
  CHECK(read_slack(first, {200, R"({"ok":true,"channel":"C9","ts":"1.2"})"}).reference == "C9 1.2");
  const Sending later{sent, settings, kSecrets, "C9 1.2"};
  CHECK(std::get<Post>(pack_slack(later)).url == "https://slack.com/api/chat.update");
  CHECK(body_of("slack", sent, settings, "C9 1.2")["ts"] == "1.2");
  CHECK(body_of("slack", message("remind"), settings, "C9 1.2")["thread_ts"] == "1.2");
  using Result = Outcome::Result;
  CHECK(read_slack(first, {200, "<html>"}).result == Result::later);
  CHECK(read_slack(first, {200, "[]"}).result == Result::later);
  CHECK(read_slack(first, {200, R"({"ok":true})"}).result == Result::later);
  CHECK(read_slack(first, {200, R"({"ok":false,"error":"ratelimited"})"}).result == Result::later);
  CHECK(read_slack(first, {200, R"({"ok":false,"error":"invalid_auth"})"}).result == Result::hopeless);
}

TEST_CASE("PagerDuty's incident begins, is acknowledged and resolved") {
  const Json asked = body_of("pagerduty", message(), Json::object());
  CHECK(asked["event_action"] == "trigger");
  CHECK(asked["dedup_key"] == "jit-run-abcdefghijklmnopqrstuvwxya");
  CHECK(asked["payload"]["summary"].get<std::string>().size() <= 1024);
  CHECK(asked["payload"]["severity"] == "warning");
  CHECK(body_of("pagerduty", message("approve"), Json::object())["event_action"] == "acknowledge");
  auto denied = view();
  denied.request.state = approval::State::denied;
  const auto over = make_message(denied, {"m", "deny", "bob", "", "denied", {}, {}}, "", {});
  CHECK(body_of("pagerduty", over, Json::object())["event_action"] == "resolve");
}

TEST_CASE("by the status alone: what cannot pass is told from what may") {
  const Message sent = message();
  const Sending sending{sent, kSettings, kSecrets, ""};
  using Result = Outcome::Result;
  for (const int status : {200, 202, 204})
    CHECK(by_status(sending, {status, ""}).result == Result::delivered);
  for (const int status : {301, 400, 401, 403, 404, 410})
    CHECK(by_status(sending, {status, ""}).result == Result::hopeless);
  for (const int status : {408, 409, 429, 500, 503})
    CHECK(by_status(sending, {status, ""}).result == Result::later);
  CHECK_FALSE(holds(by_status(sending, {500, "\x1b[2J"}).problem, "\x1b"));
}

}  // namespace jit::notify
