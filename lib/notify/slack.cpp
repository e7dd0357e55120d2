// Slack: an incoming webhook, where each event is a message; or a bot, whose one message about a request is
// updated. What is foreign stands in plain_text and rich text, where nothing means anything.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "notify/channel.hpp"
#include "notify/escape.hpp"
#include "notify/slack_parts.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::notify {
namespace {

using util::Json;

// Slack's limits, in characters.
constexpr std::size_t kTitle = 150;
constexpr std::size_t kFallback = 1000;

Json preformatted(const std::string& text) {
  const Json element = {{"type", "text"}, {"text", text}};
  return {{"type", "rich_text_preformatted"}, {"elements", Json::array({element})}};
}

Json rich_line(const std::string& heading, const std::string& text) {
  const Json bold = {{"type", "text"}, {"text", heading}, {"style", {{"bold", true}}}};
  const Json rest = {{"type", "text"}, {"text", text + "\n"}};
  return Json::array({bold, rest});
}

Json blocks_of(const Message& message) {
  Json lines = Json::array();
  for (const auto& [name, value] : message.facts) {
    for (const auto& element : rich_line(name + ": ", value)) lines.push_back(element);
  }
  for (const auto& element : rich_line("", message.next)) {
    if (!element["text"].get_ref<const std::string&>().empty()) lines.push_back(element);
  }
  if (!message.link.empty()) lines.push_back({{"type", "link"}, {"url", message.link}});
  Json elements = Json::array({preformatted(message.command)});
  elements.push_back({{"type", "rich_text_section"}, {"elements", std::move(lines)}});
  if (!message.lines.empty()) elements.push_back(preformatted(util::join(message.lines, "\n")));
  return Json::array({{{"type", "header"}, {"text", slack_plain(shortened(message.title, kTitle - 40))}},
                      {{"type", "rich_text"}, {"elements", std::move(elements)}}});
}

bool is_extra(const Message& message) {
  return message.event == "remind" || message.event == "escalate";
}

Json body_of(const Message& message) {
  return {{"text", slack_text(headline(message, kFallback))},
          {"blocks", blocks_of(message)},
          {"unfurl_links", false},
          {"unfurl_media", false}};
}

bool cannot_pass(const std::string& error) {
  static const std::vector<std::string> kMayPass{"ratelimited",      "rate_limited",        "internal_error",
                                                 "fatal_error",      "service_unavailable", "request_timeout",
                                                 "team_added_to_org"};
  return std::find(kMayPass.begin(), kMayPass.end(), error) == kMayPass.end();
}

}  // namespace

Parcel pack_slack(const Sending& sending) {
  Json body = body_of(sending.message);
  if (!is_set(sending.settings, "token_file")) return post_json(secret(sending, "url"), body);
  // What is said below a message is never updated: buttons there would stay for ever.
  const bool is_below = !sending.reference.empty() && is_extra(sending.message);
  if (!is_below) add_buttons(body["blocks"], sending);
  std::string method = "/chat.postMessage";
  body["channel"] = setting(sending.settings, "channel");
  body["parse"] = "none";
  body["link_names"] = false;
  // "C0123 1503435956.000247": where the message went, and what it is called there.
  const auto space = sending.reference.find(' ');
  if (space != std::string::npos) {
    body["channel"] = sending.reference.substr(0, space);
    // An update rings for nobody: what must be noticed is said below it.
    body[is_below ? "thread_ts" : "ts"] = sending.reference.substr(space + 1);
    if (!is_below) {
      method = "/chat.update";
      body.erase("unfurl_links");
      body.erase("unfurl_media");
    }
  }
  return slack_call(sending.settings, sending.secrets, method, body);
}

Outcome read_slack(const Sending& sending, const Answer& answer) {
  using Result = Outcome::Result;
  Outcome outcome = by_status(sending, answer);
  if (outcome.result != Result::delivered || !is_set(sending.settings, "token_file")) return outcome;
  const auto odd = [&](const std::string& why) { return Outcome{Result::later, why, ""}; };
  Json json;
  try {
    json = util::parse_json(answer.body, "the answer");
  } catch (const util::Error& error) {
    return odd(std::string("answered something else than Slack does: ") + error.what());
  }
  if (!json.is_object() || !json.contains("ok")) return odd("answered something else than Slack does");
  if (json["ok"] != true) {
    const std::string error = json.value("error", Json()).is_string() ? json["error"].get<std::string>() : "";
    return {cannot_pass(error) && !error.empty() ? Result::hopeless : Result::later,
            "Slack says: " + shortened(util::visible(error), 60), ""};
  }
  if (!sending.reference.empty()) return outcome;
  if (!json.value("channel", Json()).is_string() || !json.value("ts", Json()).is_string())
    return odd("answered without saying which message it made");
  outcome.reference = json["channel"].get<std::string>() + " " + json["ts"].get<std::string>();
  return outcome;
}

}  // namespace jit::notify
