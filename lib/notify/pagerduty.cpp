// PagerDuty, Events API v2: an incident for each request, which its decision resolves.
#include <nlohmann/json.hpp>

#include "notify/channel.hpp"

namespace jit::notify {
namespace {

using util::Json;

constexpr std::size_t kSummary = 1024;

const char* severity_of(Tone tone) {
  switch (tone) {
    case Tone::info:
    case Tone::good:
      return "info";
    case Tone::asks:
      return "warning";
    case Tone::bad:
      return "error";
    case Tone::alarm:
      return "critical";
  }
  return "warning";
}

const char* action_of(const Message& message) {
  if (message.event == "approve" && message.is_open) return "acknowledge";
  const bool calls = message.is_open || message.event == "break_glass" || message.event == "test";
  return calls ? "trigger" : "resolve";
}

}  // namespace

Parcel pack_pagerduty(const Sending& sending) {
  const Message& message = sending.message;
  Json details = Json::object();
  for (const auto& [name, value] : message.facts) details[name] = value;
  details["Command"] = message.command;
  details["Next"] = message.next;
  details["Lines"] = message.lines;
  Json event = {{"routing_key", secret(sending, "key")},
                {"event_action", action_of(message)},
                {"dedup_key", "jit-run-" + (message.request.empty() ? "test" : message.request)},
                {"client", "jit-run"},
                {"payload",
                 {{"summary", headline(message, kSummary)},
                  {"source", message.host.empty() ? "jit-run" : message.host},
                  {"severity", severity_of(message.tone)},
                  {"timestamp", util::to_rfc3339(message.at)},
                  {"component", "jit-run"},
                  {"class", message.event},
                  {"custom_details", std::move(details)}}}};
  if (!message.link.empty())
    event["links"] = Json::array({{{"href", message.link}, {"text", "The request"}}});
  return post_json(setting(sending.settings, "api", "https://events.pagerduty.com/v2/enqueue"), event);
}

}  // namespace jit::notify
