#include <nlohmann/json.hpp>

#include "notify/channel.hpp"
#include "notify/escape.hpp"
#include "util/text.hpp"

namespace jit::notify {
namespace {

using util::Json;

constexpr std::size_t kValue = 400;  // of 1,024, and each character may take two
constexpr std::size_t kMostFields = 8;

int color_of(Tone tone) {
  switch (tone) {
    case Tone::info:
      return 0x808080;
    case Tone::asks:
      return 0x3366cc;
    case Tone::good:
      return 0x2e8b57;
    case Tone::bad:
      return 0xd9822b;
    case Tone::alarm:
      return 0xcc2222;
  }
  return 0;
}

}  // namespace

Parcel pack_discord(const Sending& sending) {
  const Message& message = sending.message;
  // An embed holds 6,000 characters in all.
  std::string text = markdown(shortened(message.command, kValue)) + "\n\n" + markdown(message.next);
  for (const auto& line : message.lines) text += "\n" + markdown(line);
  Json fields = Json::array();
  for (const auto& [name, value] : message.facts) {
    if (fields.size() < kMostFields && name != "State")
      fields.push_back(
          {{"name", name}, {"value", markdown(shortened(value, kValue / 2))}, {"inline", false}});
  }
  Json embed = {{"title", markdown(shortened(message.title, 80))},
                {"description", std::move(text)},
                {"color", color_of(message.tone)},
                {"timestamp", util::to_rfc3339(message.at)},
                {"fields", std::move(fields)}};
  if (!message.link.empty()) embed["url"] = message.link;
  const Json nobody = {{"parse", Json::array()}};
  return post_json(secret(sending, "url"),
                   {{"embeds", Json::array({std::move(embed)})}, {"allowed_mentions", nobody}});
}

}  // namespace jit::notify
