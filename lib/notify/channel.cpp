#include "notify/channel.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::notify {
namespace {

// A channel is a file that makes its parcels, a line here, and one in policy/channel_kinds.cpp.
constexpr std::array kKinds{
    Kind{"slack", pack_slack, read_slack},
    Kind{"teams", pack_teams, by_status},
    Kind{"discord", pack_discord, by_status},
    Kind{"mattermost", pack_mattermost, by_status},
    Kind{"google_chat", pack_google_chat, by_status},
    Kind{"pagerduty", pack_pagerduty, by_status},
    Kind{"ntfy", pack_ntfy, by_status},
    Kind{"email", pack_email, by_status},
    Kind{"webhook", pack_webhook, by_status},
    Kind{"program", pack_program, by_status},
    Kind{"bell", pack_bell, by_status},
};

constexpr std::size_t kLongAnswer = 120;

bool cannot_pass(int status) {
  return (status >= 300 && status < 400) || status == 400 || status == 401 || status == 403 ||
         status == 404 || status == 410;
}

}  // namespace

const Kind* find_kind(const std::string& name) {
  for (const auto& kind : kKinds) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const auto& kind : kKinds) names.emplace_back(kind.name);
  return names;
}

Outcome by_status(const Sending& /*sending*/, const Answer& answer) {
  using Result = Outcome::Result;
  if (answer.status >= 200 && answer.status < 300) return {Result::delivered, "", ""};
  std::string problem = "answered " + std::to_string(answer.status);
  if (answer.status >= 300 && answer.status < 400) problem += " (a redirect, which is not followed)";
  if (!answer.body.empty()) problem += ": " + shortened(util::visible(answer.body), kLongAnswer);
  return {cannot_pass(answer.status) ? Result::hopeless : Result::later, problem, ""};
}

Post post_json(std::string url, const util::Json& body) {
  return {std::move(url), {"Content-Type: application/json; charset=utf-8"}, util::compact_json(body)};
}

bool is_set(const util::Json& settings, const char* key) {
  return settings.contains(key);
}

std::string setting(const util::Json& settings, const char* key, const std::string& otherwise) {
  const auto found = settings.find(key);
  return found != settings.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

const std::string& secret(const Sending& sending, const char* key) {
  const auto found = sending.secrets.find(key);
  if (found == sending.secrets.end()) throw util::Error(std::string("the channel has no ") + key + "_file");
  return found->second;
}

}  // namespace jit::notify
