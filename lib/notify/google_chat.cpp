// Google Chat: a card, whose texts are HTML of a few tags.
#include <nlohmann/json.hpp>

#include "notify/channel.hpp"
#include "notify/escape.hpp"

namespace jit::notify {
namespace {

using util::Json;

Json paragraph(const std::string& text) {
  return {{"textParagraph", {{"text", text}}}};
}

}  // namespace

Parcel pack_google_chat(const Sending& sending) {
  const Message& message = sending.message;
  Json widgets =
      Json::array({paragraph("<b>" + html(message.title) + "</b>"), paragraph(html(message.command))});
  std::string facts;
  for (const auto& [name, value] : message.facts)
    facts += "<b>" + html(name) + "</b> " + html(value) + "<br>";
  widgets.push_back(paragraph(facts));
  widgets.push_back(paragraph(html(message.next)));
  std::string lines;
  for (const auto& line : message.lines) lines += html(line) + "<br>";
  if (!lines.empty()) widgets.push_back(paragraph(lines));
  if (!message.link.empty()) {
    const Json open = {{"text", "Open"}, {"onClick", {{"openLink", {{"url", message.link}}}}}};
    widgets.push_back({{"buttonList", {{"buttons", Json::array({open})}}}});
  }
  const Json section = {{"widgets", std::move(widgets)}};
  const Json card = {{"cardId", message.id}, {"card", {{"sections", Json::array({section})}}}};
  return post_json(secret(sending, "url"), {{"cardsV2", Json::array({card})}});
}

}  // namespace jit::notify
