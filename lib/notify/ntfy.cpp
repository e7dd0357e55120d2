// ntfy, published as JSON: nothing of a message is in a header.
#include <nlohmann/json.hpp>

#include "notify/channel.hpp"
#include "util/text.hpp"

namespace jit::notify {
namespace {

constexpr std::size_t kText = 3500;  // of 4,096 bytes; what is longer becomes an attachment

int priority_of(Tone tone) {
  switch (tone) {
    case Tone::info:
    case Tone::good:
    case Tone::bad:
      return 3;
    case Tone::asks:
      return 4;
    case Tone::alarm:
      return 5;
  }
  return 3;
}

}  // namespace

Parcel pack_ntfy(const Sending& sending) {
  const Message& message = sending.message;
  util::Json body = {{"topic", secret(sending, "topic")},
                     {"title", shortened(message.title, 200)},
                     {"message", shortened(plain_text(message), kText)},
                     {"priority", priority_of(message.tone)},
                     {"tags", util::Json::array({"jit-run", message.event})}};
  if (!message.link.empty()) body["click"] = message.link;
  Post post = post_json(setting(sending.settings, "server", "https://ntfy.sh"), body);
  if (is_set(sending.settings, "token_file"))
    post.headers.push_back("Authorization: Bearer " + secret(sending, "token"));
  return post;
}

}  // namespace jit::notify
