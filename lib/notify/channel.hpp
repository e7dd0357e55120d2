#pragma once
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "notify/message.hpp"
#include "util/json.hpp"

namespace jit::notify {

/// What the files that a channel names hold, by the key without "_file": "url", "token". Each one line of
/// printable ASCII.
using Secrets = std::map<std::string, std::string>;

/// A message that is to go through a channel.
struct Sending {
  const Message& message;
  const util::Json& settings;  // as policy/channel_kinds.hpp lists them
  const Secrets& secrets;
  std::string reference;  // what the channel called its message about this request; empty: there is none yet
  std::string
      buttons_for{};  // the channel's own name, where a server takes decisions by it; empty: it does not
};

/// An HTTP POST.
struct Post {
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
};
struct Mail {
  std::string server, user, password, ca_file, from;
  std::vector<std::string> to;
  std::string text;  // the whole message (RFC 5322), with CR LF
};
/// A program, which reads `input`.
struct Run {
  std::vector<std::string> argv;
  std::string input;
};
/// One line for the terminals of these people.
struct Bell {
  std::vector<std::string> people;
  std::string line;
};
using Parcel = std::variant<Post, Mail, Run, Bell>;

/// What came back of a POST.
struct Answer {
  int status = 0;
  std::string body;
};
struct Outcome {
  enum class Result { later, delivered, hopeless };
  Result result = Result::later;
  std::string problem;    // in words, where it was not delivered; what is foreign in it is visible
  std::string reference;  // empty: none, or as before
};

/// One kind of channel: pure, it makes parcels and reads answers.
struct Kind {
  const char* name;
  Parcel (*pack)(const Sending&);
  Outcome (*read)(const Sending&, const Answer&);
};
/// nullptr when there is no such kind.
const Kind* find_kind(const std::string& name);
std::vector<std::string> kind_names();

/// By the status alone: 2xx is delivered; 400, 401, 403, 404, 410 and redirects cannot pass; else later.
Outcome by_status(const Sending& sending, const Answer& answer);

/// The parts of `table` (channel.cpp), one file each.
Parcel pack_slack(const Sending& sending);
Outcome read_slack(const Sending& sending, const Answer& answer);
Parcel pack_teams(const Sending& sending);
Parcel pack_discord(const Sending& sending);
Parcel pack_mattermost(const Sending& sending);
Parcel pack_google_chat(const Sending& sending);
Parcel pack_pagerduty(const Sending& sending);
Parcel pack_ntfy(const Sending& sending);
Parcel pack_email(const Sending& sending);
Parcel pack_webhook(const Sending& sending);
Parcel pack_program(const Sending& sending);
Parcel pack_bell(const Sending& sending);

/// A POST of JSON to `url`.
Post post_json(std::string url, const util::Json& body);
/// A setting that is a text; `otherwise` where it is not set.
std::string setting(const util::Json& settings, const char* key, const std::string& otherwise = {});
/// A secret that the kind needs. Throws Error when its file was not named.
const std::string& secret(const Sending& sending, const char* key);
bool is_set(const util::Json& settings, const char* key);

}  // namespace jit::notify
