#pragma once
#include <string>
#include <utility>
#include <vector>

#include "approval/request.hpp"
#include "util/time.hpp"

namespace jit::notify {

/// What has happened to a request, as the outbox keeps it.
struct Event {
  std::string id;    // of this notice; the same each time that it is sent
  std::string type;  // a transition's type, "remind", "escalate" or "test"
  std::string actor, message;
  std::string state{};  // of the request then: more may have happened since
  std::vector<std::string> differences;
  util::Time at{};
  /// `about` as service/notices.cpp writes it. Throws Error when it is not of that form.
  static Event of(const std::string& id, const std::string& type, const std::string& about, util::Time at);
};

/// How much attention it wants.
enum class Tone { info, asks, good, bad, alarm };

/// What one message says, whatever channel it goes through. Every text is one line that was made visible
/// (util::visible); what means something to a channel, that channel escapes.
struct Message {
  std::string id, event;
  Tone tone = Tone::info;
  std::string title;                                       // "alice asks for approval"
  std::string next;                                        // what who has to do now: "bob, carol: …"
  std::string command;                                     // shortened only with saying so
  std::vector<std::pair<std::string, std::string>> facts;  // what decides, by its heading, in order
  std::vector<std::string> lines;                          // to paste into a shell, the decision first
  std::string link;                                        // empty: there is none
  std::string request, requester, host;
  std::vector<std::string> people;  // whom it concerns: who may decide or, afterwards, the requester
  bool is_open = false;             // it waited for a decision when this happened
  bool is_over = false;             // nothing more is to be decided
  bool can_approve = false;         // by a button: all that decides is in this message, and nothing is cut
  bool can_deny = false;            // likewise
  std::string digest;               // of the action
  util::Time at{};
  std::string document;  // the same for programs: a JSON object
};

/// `link` is the policies' template; what is secret in a context was taken out when it was collected.
Message make_message(const approval::View& view, const Event& event, const std::string& link, util::Time now);
/// What `notify test` sends: marked as such, about no request.
Message test_message(const std::string& channel, const std::string& host, util::Time now);

/// All of it as plain text, a field a line.
std::string plain_text(const Message& message);
/// "title: command", of at most `limit` characters.
std::string headline(const Message& message, std::size_t limit);

/// The first `limit` bytes at most, not within a character, and how much is missing.
std::string shortened(const std::string& text, std::size_t limit);

}  // namespace jit::notify
