#include "notify/slack_parts.hpp"

#include <nlohmann/json.hpp>

#include "notify/escape.hpp"
#include "util/error.hpp"

namespace jit::notify {
namespace {

using util::Json;

// Slack takes 300 characters for what is asked once more, and 3000 for a text.
constexpr std::size_t kAskedOnceMore = 250;
constexpr std::size_t kLongReason = 1000;
constexpr std::size_t kLongWhisper = 2000;

// What lib/server/slack_payload.cpp reads: for what a button was made, and by which channel its answer goes.
std::string made_for(const Sending& sending) {
  return sending.message.request + " " + sending.message.digest + " " + sending.buttons_for;
}

Json button(const Sending& sending, const char* action, const char* text, const char* style) {
  return {{"type", "button"},
          {"action_id", action},
          {"text", slack_plain(text)},
          {"style", style},
          {"value", made_for(sending)}};
}

Json approve_button(const Sending& sending) {
  const Message& message = sending.message;
  Json made = button(sending, "jit_approve", "Approve", "primary");
  made["confirm"] = {
      {"title", slack_plain("Approve?")},
      {"text", slack_plain(shortened(message.requester + ": " + message.command, kAskedOnceMore))},
      {"confirm", slack_plain("Approve")},
      {"deny", slack_plain("Back")}};
  return made;
}

Json section(const std::string& text) {
  return {{"type", "section"}, {"text", slack_plain(text)}};
}

}  // namespace

Json slack_plain(const std::string& text) {
  return {{"type", "plain_text"}, {"text", text}, {"emoji", false}};
}

Post slack_call(const Json& settings, const Secrets& secrets, const std::string& method, const Json& body) {
  const auto token = secrets.find("token");
  if (token == secrets.end()) throw util::UsageError("the channel has no token_file: it is no bot's");
  Post post = post_json(setting(settings, "api", "https://slack.com/api") + method, body);
  post.headers.push_back("Authorization: Bearer " + token->second);
  return post;
}

void add_buttons(Json& blocks, const Sending& sending) {
  const Message& message = sending.message;
  if (sending.buttons_for.empty() || message.request.empty()) return;
  Json elements = Json::array();
  if (message.can_approve) elements.push_back(approve_button(sending));
  if (message.can_deny) elements.push_back(button(sending, "jit_deny", "Deny…", "danger"));
  // Nobody approves what they have not seen.
  if (message.can_deny && !message.can_approve)
    blocks.push_back(section("Not all that decides fits in here: look with jit-approve show " +
                             message.request + ", and approve there"));
  if (elements.empty()) return;
  blocks.push_back({{"type", "actions"}, {"block_id", "jit_decide"}, {"elements", std::move(elements)}});
}

Post slack_dialog(const Sending& sending, const std::string& trigger) {
  const Message& message = sending.message;
  const Json input = {{"type", "plain_text_input"},
                      {"action_id", "reason"},
                      {"multiline", true},
                      {"min_length", 1},
                      {"max_length", kLongReason}};
  const Json reason = {{"type", "input"},
                       {"block_id", "reason"},
                       {"label", slack_plain("Why? The requester reads it")},
                       {"element", input}};
  const Json view = {{"type", "modal"},
                     {"callback_id", "jit_deny"},
                     {"private_metadata", made_for(sending)},
                     {"title", slack_plain("Deny")},
                     {"submit", slack_plain("Deny")},
                     {"close", slack_plain("Back")},
                     {"blocks", Json::array({section(message.requester + ": " + message.command), reason})}};
  return slack_call(sending.settings, sending.secrets, "/views.open",
                    {{"trigger_id", trigger}, {"view", view}});
}

Post slack_whisper(const Json& settings, const Secrets& secrets, const Whisper& whisper) {
  const std::string text = shortened(whisper.text, kLongWhisper);
  return slack_call(settings, secrets, "/chat.postEphemeral",
                    {{"channel", whisper.place},
                     {"user", whisper.person},
                     {"text", slack_text(text)},
                     {"parse", "none"},
                     {"link_names", false},
                     {"blocks", Json::array({section(text)})}});
}

}  // namespace jit::notify
