// jit-server check: whether those could be told whom the policies name, and could decide where they are told.
#include "cli/server/channels.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "policy/channel_kinds.hpp"
#include "store/place.hpp"
#include "util/error.hpp"
#include "util/secret.hpp"
#include "util/text.hpp"

namespace jit::cli::server {
namespace {

util::Json channel_settings(const policy::Channel& channel) {
  return util::parse_json(channel.settings, "a channel");
}

// Only a bot's messages have buttons.
bool has_bot(const policy::Set& policies) {
  const auto channels = policies.channels();
  return std::any_of(channels.begin(), channels.end(), [](const auto& channel) {
    return channel.kind == "slack" && channel_settings(channel).contains("token_file");
  });
}

}  // namespace

std::vector<std::string> warn_of_channels(const policy::Set& policies, const std::string& store) {
  std::vector<std::string> warnings;
  const std::string readers = store::group_of(store);
  for (const auto& channel : policies.channels()) {
    for (const auto& [name, path] : policy::secret_files(channel_settings(channel))) {
      try {
        (void)util::read_secret(path, readers);
      } catch (const util::Error& error) {
        warnings.push_back("the channel " + channel.name + " tells nobody: " + name + "_file: " +
                           error.what() + (error.hint().empty() ? "" : " (" + error.hint() + ")"));
      }
    }
  }
  return warnings;
}

std::vector<std::string> warn_of_slack(const policy::Set& policies, const jit::server::SlackSettings& slack) {
  std::vector<std::string> warnings;
  if (!slack.is_on()) return warnings;
  if (!has_bot(policies))
    warnings.emplace_back(
        "slack_signing_secret_file is set, and the policies have no slack channel with token_file: there are "
        "no buttons to click");
  // Where there are no groups, anybody may approve.
  const auto people = policies.groups().people();
  for (const auto& [id, user] : slack.users) {
    if (!policies.groups().names().empty() && !people.contains(user))
      warnings.push_back("slack_users: \"" + user + "\" is in no group of the policies: " + id +
                         " can decide only where anyone may" +
                         util::did_you_mean(user, {people.begin(), people.end()}));
  }
  return warnings;
}

}  // namespace jit::cli::server
