#include <nlohmann/json.hpp>

#include "notify/channel.hpp"
#include "notify/escape.hpp"

namespace jit::notify {

Parcel pack_mattermost(const Sending& sending) {
  const Message& message = sending.message;
  const auto safe = markdown_without_mentions;
  std::string text = "**" + safe(message.title) + "**\n\n" + safe(message.command) + "\n\n";
  for (const auto& [name, value] : message.facts) text += "**" + safe(name) + "** " + safe(value) + "  \n";
  text += "\n" + safe(message.next) + "\n\n";
  for (const auto& line : message.lines) text += safe(line) + "  \n";
  if (!message.link.empty()) text += "\n<" + message.link + ">\n";
  return post_json(secret(sending, "url"), {{"text", std::move(text)}});
}

}  // namespace jit::notify
