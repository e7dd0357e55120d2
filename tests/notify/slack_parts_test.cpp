#include "notify/slack_parts.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "util/error.hpp"

namespace jit::notify {
namespace {

using util::Json;

const std::string kHostile = "<!here> @everyone `c`\x1b[31m\xe2\x80\xae\r\nx";
const Json kBot = {{"token_file", "/t"}, {"channel", "C1"}};
const Secrets kToken{{"token", "xoxb"}};

approval::View asked() {
  approval::Request request(*approval::RequestId::parse("abcdefghijklmnopqrstuvwxya"));
  request.requester = "alice";
  request.digest = util::Digest::of("it");
  request.expires_at = request.created_at + std::chrono::minutes(5);
  request.context = std::make_shared<const Json>(Json{{"command", {{"line", "echo " + kHostile}}}});
  return {request, {}, {"bob"}};
}

Message message_of(const approval::View& view, const std::string& type = "ask") {
  return make_message(view, {"m", type, "alice", "", "pending", {}, {}}, "", {});
}

Json blocks_for(const Message& message, const std::string& channel = "ops", const std::string& reference = "",
                const Json& settings = kBot) {
  Secrets secrets = kToken;
  secrets["url"] = "https://x/";
  return Json::parse(
      std::get<Post>(pack_slack({message, settings, secrets, reference, channel})).body)["blocks"];
}

std::vector<std::string> buttons_in(const Json& blocks) {
  std::vector<std::string> names;
  for (const auto& block : blocks) {
    if (block["type"] != "actions") continue;
    for (const auto& element : block["elements"]) names.push_back(element["action_id"]);
  }
  return names;
}

const std::vector<std::string> kBoth{"jit_approve", "jit_deny"};
const std::vector<std::string> kDeny{"jit_deny"};

}  // namespace

TEST_CASE("a bot's message has buttons where a server takes decisions, and nowhere else") {
  const Message message = message_of(asked());
  CHECK(buttons_in(blocks_for(message)) == kBoth);
  CHECK(buttons_in(blocks_for(message, "")).empty());
  CHECK(buttons_in(blocks_for(message, "ops", "", {{"url_file", "/u"}})).empty());
  CHECK(buttons_in(blocks_for(message_of(asked(), "remind"), "ops", "C1 1.2")).empty());
  CHECK(buttons_in(blocks_for(message_of(asked(), "escalate"))) == kBoth);
  CHECK(buttons_in(blocks_for(test_message("ops", "host", {}))).empty());
  const Json button = blocks_for(message).back()["elements"][0];
  CHECK(button["value"] == "abcdefghijklmnopqrstuvwxya " + util::Digest::of("it").text() + " ops");
  CHECK(button["confirm"]["text"]["text"].get<std::string>().starts_with("alice: echo <!here>"));
}

TEST_CASE("what is decided has none, nor what needs more than a message shows") {
  using approval::State;
  for (const State state : {State::approved, State::denied, State::expired, State::withdrawn, State::revoked,
                            State::lapsed, State::changed, State::started, State::finished}) {
    auto view = asked();
    view.request.state = state;
    CHECK(buttons_in(blocks_for(message_of(view))).empty());
  }
  const auto buttons_with = [](const auto& change) {
    auto view = asked();
    change(view.request);
    return buttons_in(blocks_for(message_of(view)));
  };
  const auto with_line = [](std::string line) {
    return std::make_shared<const Json>(Json{{"command", {{"line", std::move(line)}}}});
  };
  CHECK(buttons_with([](auto& request) { request.requirement.signatures = true; }).empty());
  CHECK(buttons_with([](auto& request) { request.requirement.previews.resize(1); }) == kDeny);
  CHECK(buttons_with([](auto& request) { request.requirement.bind_input = true; }) == kDeny);
  CHECK(buttons_with([](auto& request) { request.earlier = approval::Earlier{request.id, {"x"}}; }) == kDeny);
  CHECK(buttons_with([&](auto& request) { request.context = with_line(std::string(801, 'x')); }) == kDeny);
  CHECK(buttons_with([&](auto& request) { request.context = with_line(std::string(800, 'x')); }) == kBoth);
  const auto with_env = [](const std::string& profile) {
    return std::make_shared<const Json>(
        Json{{"command", {{"line", "x"}}}, {"env", {{"AWS_PROFILE", profile}}}});
  };
  CHECK(buttons_with([&](auto& request) { request.context = with_env("prod"); }) == kBoth);
  CHECK(buttons_with([&](auto& request) { request.context = with_env(std::string(400, 'x')); }) == kDeny);
  CHECK(buttons_with([](auto& request) { request.reason = std::string(401, 'x'); }) == kDeny);
  CHECK(buttons_with([](auto& request) { request.reason = std::string(400, 'x'); }) == kBoth);
}

TEST_CASE("who decides by a message sees the environment that counts, and no secret in it") {
  auto view = asked();
  view.request.context = std::make_shared<const Json>(
      Json{{"command", {{"line", "x"}}},
           {"env", {{"AWS_PROFILE", "prod\x1b[2J"}, {"T", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"}}}});
  const std::string text = blocks_for(message_of(view)).dump();
  CHECK(text.find("AWS_PROFILE=prod\\\\x1b[2J") != std::string::npos);
  CHECK(text.find("ghp_abc") == std::string::npos);
}

TEST_CASE("a request of which only signed approvals count has the line that signs") {
  auto view = asked();
  view.request.requirement.signatures = true;
  CHECK(message_of(view).lines.front() == "jit-approve approve abcdefghijklmnopqrstuvwxya --sign");
}

TEST_CASE("nothing foreign means anything in what is asked and answered, and all of it fits") {
  auto view = asked();
  view.request.context =
      std::make_shared<const Json>(Json{{"command", {{"line", kHostile + std::string(5000, 'x')}}}});
  const Message message = message_of(view);
  const Post dialog = slack_dialog({message, kBot, kToken, "", "ops"}, "1.2.a");
  const Post whisper = slack_whisper(kBot, kToken, {"C1", "U1", std::string(9000, '<')});
  CHECK(dialog.url == "https://slack.com/api/views.open");
  CHECK(whisper.url == "https://slack.com/api/chat.postEphemeral");
  for (const Post& post : {dialog, whisper}) {
    CHECK(post.headers.back() == "Authorization: Bearer xoxb");
    for (const char* hidden : {"mrkdwn", "\x1b", "\xe2\x80\xae"})
      CHECK(post.body.find(hidden) == std::string::npos);
  }
  const Json opened = Json::parse(dialog.body);
  CHECK(opened["trigger_id"] == "1.2.a");
  CHECK(opened["view"]["private_metadata"].get<std::string>().ends_with(" ops"));
  CHECK(opened["view"]["blocks"][0]["text"]["text"].get<std::string>().size() < 3000);
  CHECK(Json::parse(whisper.body)["text"].get<std::string>().find('<') == std::string::npos);
  const Json confirm = blocks_for(message_of(asked())).back()["elements"][0]["confirm"];
  CHECK(confirm["text"]["text"].get<std::string>().size() <= 300);
  CHECK_THROWS_AS(slack_whisper(kBot, {}, {"C1", "U1", "x"}), util::UsageError);
}

}  // namespace jit::notify
