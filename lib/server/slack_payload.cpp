#include "server/slack_payload.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "approval/fields.hpp"
#include "server/slack_gate.hpp"
#include "server/slack_settings.hpp"
#include "util/error.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

namespace jit::server {
namespace {

using approval::Fields;
using util::Json;

constexpr std::size_t kMostInPayload = 20'000;  // values

std::optional<unsigned> digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// application/x-www-form-urlencoded
std::string form_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '&' || text[i] == '=') throw util::Error("the form has more than one field");
    if (text[i] != '%') {
      result += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const auto high = i + 2 < text.size() ? digit_of(text[i + 1]) : std::nullopt;
    const auto low = high ? digit_of(text[i + 2]) : std::nullopt;
    if (!low) throw util::Error("the form is not percent-encoded as it should be");
    result += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return result;
}

std::string payload_in(const std::string& content_type, const std::string& body) {
  constexpr std::string_view kForm = "application/x-www-form-urlencoded";
  constexpr std::string_view kField = "payload=";
  const bool is_form = content_type == kForm ||
                       (content_type.starts_with(kForm) && content_type.find_first_of("; ") == kForm.size());
  if (!is_form) throw util::Error("the Content-Type is not " + std::string(kForm));
  if (!body.starts_with(kField)) throw util::Error("the form has no field \"payload\", or more before it");
  return form_decoded(std::string_view(body).substr(kField.size()));
}

std::string slack_id(const Fields& fields, const char* key, const char* kinds) {
  std::string id = fields.text(key);
  if (!is_slack_id(id, kinds)) fields.fail(key, "an id of Slack's");
  return id;
}

// What goes on into a call of Slack's API.
std::string trigger_in(const Fields& fields) {
  constexpr std::size_t kLongestTrigger = 200;
  std::string trigger = fields.text("trigger_id");
  const bool is_plain = std::all_of(trigger.begin(), trigger.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.';
  });
  if (!is_plain || trigger.empty() || trigger.size() > kLongestTrigger)
    fields.fail("trigger_id", "one of Slack's");
  return trigger;
}

void read_person(const Json& payload, SlackAct& act) {
  const Fields fields(payload, "the payload");
  const Fields team(fields.at("team"), "the payload's team");
  const Fields user(fields.at("user"), "the payload's user");
  act.team = slack_id(team, "id", "TE");
  act.user = slack_id(user, "id", "UW");
  const Json& of = fields.at("user");
  if (of.contains("team_id") && !of["team_id"].is_null()) act.user_team = slack_id(user, "team_id", "TE");
}

// "ID DIGEST CHANNEL", as lib/notify/slack_parts.cpp makes it.
void read_made_for(const std::string& text, SlackAct& act) {
  constexpr std::size_t kLongestName = 200;
  const auto first = text.find(' ');
  const auto second = first == std::string::npos ? first : text.find(' ', first + 1);
  if (second == std::string::npos || second + 1 == text.size() || text.size() - second > kLongestName)
    throw util::Error("the button's value is none of ours");
  act.request = text.substr(0, first);
  act.digest = util::Digest(text.substr(first + 1, second - first - 1)).text();
  act.channel = text.substr(second + 1);
}

void read_click(const Json& payload, SlackAct& act) {
  const Fields fields(payload, "the payload");
  const Json& actions = fields.at("actions");
  if (!actions.is_array() || actions.size() != 1) fields.fail("actions", "a list of one");
  const Fields action(actions.front(), "the action");
  const std::string name = action.text("action_id");
  if (name != "jit_approve" && name != "jit_deny") action.fail("action_id", "one of ours");
  act.what = name == "jit_approve" ? SlackAct::What::approve : SlackAct::What::deny;
  read_made_for(action.text("value"), act);
  act.trigger = trigger_in(fields);
  act.place = slack_id(Fields(fields.at("channel"), "the payload's channel"), "id", "CDG");
}

void read_reason(const Json& payload, SlackAct& act) {
  const Fields view(Fields(payload, "the payload").at("view"), "the view");
  if (view.text("callback_id") != "jit_deny") view.fail("callback_id", "one of ours");
  read_made_for(view.text("private_metadata"), act);
  const Fields state(view.at("state"), "the view's state");
  const Fields values(state.at("values"), "the view's values");
  const Fields block(values.at("reason"), "the view's block");
  act.reason = Fields(block.at("reason"), "the view's input").text_or_null("value");
  act.what = SlackAct::What::reason;
}

}  // namespace

SlackAct read_slack_act(const std::string& content_type, const std::string& body) {
  const std::string text = payload_in(content_type, body);
  const Json payload = util::parse_json(text, "the payload", kLongestSlackBody, kMostInPayload);
  const std::string type = Fields(payload, "the payload").text("type");
  if (type != "block_actions" && type != "view_submission")
    throw util::Error("the payload is neither a click nor a dialog that was sent off");
  SlackAct act;
  read_person(payload, act);
  if (type == "block_actions") {
    read_click(payload, act);
  } else {
    read_reason(payload, act);
  }
  return act;
}

}  // namespace jit::server
