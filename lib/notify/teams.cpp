// Microsoft Teams: a Workflows webhook takes an Adaptive Card. Text runs know no Markdown and no mention.
#include <nlohmann/json.hpp>

#include "notify/channel.hpp"
#include "util/text.hpp"

namespace jit::notify {
namespace {

using util::Json;

Json run(const std::string& text, const Json& more = Json::object()) {
  Json run = {{"type", "TextRun"}, {"text", text}};
  run.update(more);
  return run;
}

Json block(Json runs) {
  return {{"type", "RichTextBlock"}, {"inlines", std::move(runs)}};
}

const char* color_of(Tone tone) {
  switch (tone) {
    case Tone::info:
      return "default";
    case Tone::asks:
      return "accent";
    case Tone::good:
      return "good";
    case Tone::bad:
      return "warning";
    case Tone::alarm:
      return "attention";
  }
  return "default";
}

}  // namespace

Parcel pack_teams(const Sending& sending) {
  const Message& message = sending.message;
  const Json title = {{"weight", "bolder"}, {"size", "large"}, {"color", color_of(message.tone)}};
  Json body = Json::array();
  body.push_back(block(Json::array({run(message.title, title)})));
  body.push_back(block(Json::array({run(message.command, {{"fontType", "monospace"}})})));
  for (const auto& [name, value] : message.facts)
    body.push_back(block(Json::array({run(name + ": ", {{"weight", "bolder"}}), run(value)})));
  body.push_back(block(Json::array({run(message.next)})));
  for (const auto& line : message.lines)
    body.push_back(block(Json::array({run(line, {{"fontType", "monospace"}})})));
  Json card = {{"$schema", "http://adaptivecards.io/schemas/adaptive-card.json"},
               {"type", "AdaptiveCard"},
               {"version", "1.4"},
               {"body", std::move(body)}};
  if (!message.link.empty())
    card["actions"] = Json::array({{{"type", "Action.OpenUrl"}, {"title", "Open"}, {"url", message.link}}});
  const Json attachment = {{"contentType", "application/vnd.microsoft.card.adaptive"},
                           {"contentUrl", nullptr},
                           {"content", std::move(card)}};
  return post_json(secret(sending, "url"), {{"type", "message"}, {"attachments", Json::array({attachment})}});
}

}  // namespace jit::notify
