#pragma once
#include <string>

namespace jit::service {

/// What a server asks of the jit-notify beside it, once and at once: somebody who has clicked in Slack waits.
/// Nothing is lost with it but an answer to a click.
struct Errand {
  enum class Kind {
    ask_reason,  // open the dialog that asks why it is denied
    say          // tell one person something that nobody else sees
  };
  Kind kind = Kind::say;
  std::string channel;          // of the policies, whose message was clicked
  std::string request, digest;  // that it is about
  std::string trigger;          // to open a dialog: Slack's trigger_id, good for three seconds
  std::string place, person;    // to say something: Slack's ids of a channel and a user
  std::string text;
};

/// As one line without its end, of ASCII.
std::string line_of(const Errand& errand);
/// Throws Error for what is no such line.
Errand errand_of(const std::string& line);

}  // namespace jit::service
