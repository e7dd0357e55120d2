#pragma once
#include <string>

#include "notify/channel.hpp"
#include "util/json.hpp"

namespace jit::notify {

/// What is shared by the messages of Slack's bots and what is said to those who click in them.

/// Slack's plain_text object: nothing in it means anything.
util::Json slack_plain(const std::string& text);
/// A method of Slack's Web API ("/views.open") with the bot's token. Throws Error where there is none.
Post slack_call(const util::Json& settings, const Secrets& secrets, const std::string& method,
                const util::Json& body);

/// The buttons that decide a request, where this message may have them; and where one is missing, why.
void add_buttons(util::Json& blocks, const Sending& sending);

/// The dialog that asks why it is denied. `trigger`: of the click.
Post slack_dialog(const Sending& sending, const std::string& trigger);
/// What only one person in the channel sees.
struct Whisper {
  std::string place, person;  // Slack's ids
  std::string text;           // made visible
};
Post slack_whisper(const util::Json& settings, const Secrets& secrets, const Whisper& whisper);

}  // namespace jit::notify
