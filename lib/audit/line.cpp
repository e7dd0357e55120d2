#include "audit/line.hpp"

#include <nlohmann/json.hpp>
#include <vector>

#include "util/text.hpp"

namespace jit::audit {
namespace {

using util::Json;

constexpr std::size_t kBrief = 8;        // characters of an id that a person is shown
constexpr std::size_t kActorWidth = 14;  // of most
constexpr std::size_t kTypeWidth = 13;   // of the longest, "token_created"

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

// In the words of whoever reported it; what has another form stands as it is.
std::string outcome_text(const Json& outcome) {
  if (!outcome.is_object()) return util::compact_json(outcome);
  const Json status = outcome.value("status", Json());
  const std::string signal = text_of(outcome, "signal");
  const std::string error = text_of(outcome, "error");
  std::vector<std::string> parts;
  if (status.is_number_integer()) parts.push_back("exit code " + status.dump());
  if (!signal.empty()) parts.push_back("ended by signal " + signal);
  if (!error.empty()) parts.push_back(error);
  if (parts.empty()) return util::compact_json(outcome);
  const Json duration = outcome.value("duration_ms", Json());
  if (duration.is_number_unsigned())
    parts.push_back("after " + util::to_text(util::Millis{duration.get<std::int64_t>()}));
  if (const auto recording = outcome.find("recording"); recording != outcome.end() && recording->is_object())
    parts.emplace_back(recording->value("complete", Json()) == true ? "recorded" : "recorded in part");
  return util::join(parts, ", ");
}

// What the entry adds to its type: the command and the reasons, what was said, what changed, how it ended.
// `moves`: whether it brought the request into the state that it is in.
std::string details(const Json& data, bool moves) {
  std::vector<std::string> parts;
  const auto add = [&](const std::string& label, const std::string& text) {
    if (!text.empty()) parts.push_back(label + util::visible(text));
  };
  add("", text_of(data, "line"));
  add("reason: ", text_of(data, "reason"));
  add("ticket: ", text_of(data, "ticket"));
  add("message: ", text_of(data, "message"));
  add("by: ", text_of(data, "door"));
  if (const auto found = data.find("signature"); found != data.end() && !found->is_null())
    parts.emplace_back("signed");
  if (const auto found = data.find("uses_left"); found != data.end() && found->is_number_integer())
    parts.push_back("uses left: " + found->dump());
  if (const auto found = data.find("differences"); found != data.end() && found->is_array()) {
    for (const auto& difference : *found) {
      if (difference.is_string()) add("", difference.get<std::string>());
    }
  }
  if (const auto found = data.find("outcome"); found != data.end() && !found->is_null()) {
    add("outcome: ", outcome_text(*found));
  }
  // Of a token: whose, and what it may. Of a restored store: how much of it was ended.
  add("token: ", text_of(data, "token"));
  add("of: ", text_of(data, "user"));
  if (const auto found = data.find("scopes"); found != data.end() && found->is_array()) {
    std::vector<std::string> scopes;
    for (const auto& scope : *found) scopes.push_back(scope.is_string() ? scope.get<std::string>() : "?");
    add("scopes: ", util::join(scopes, ","));
  }
  for (const char* ended : {"requests", "tokens"}) {
    const auto found = data.find(ended);
    if (found != data.end() && found->is_number()) add(std::string(ended) + " ended: ", found->dump());
  }
  const std::string state = text_of(data, "state");
  if (!state.empty() && moves) parts.push_back("now " + util::visible(state));
  return util::join(parts, "; ");
}

}  // namespace

std::string to_log_line(const Entry& entry) {
  const Json& json = *entry.entry;
  if (!json.is_object()) return "(a damaged entry: " + util::visible(entry.hash) + ")";
  const auto field = [&](const char* key) { return util::visible(text_of(json, key)); };
  const auto data = json.find("data");
  const std::string type = text_of(json, "type");
  const bool moves = type != "acknowledge" && type != "dispute";
  return field("at") + "  " + padded(field("actor"), kActorWidth) + "  " + padded(field("type"), kTypeWidth) +
         "  " + padded(field("request").substr(0, kBrief), kBrief) + "  " +
         (data != json.end() && data->is_object() ? details(*data, moves) : "(damaged)");
}

}  // namespace jit::audit
