#include "server/slack_settings.hpp"

#include <algorithm>
#include <cstring>

#include "util/error.hpp"
#include "util/text.hpp"
#include "util/trusted_file.hpp"

namespace jit::server {
namespace {

[[noreturn]] void wrong_secret(const std::string& path, const std::string& why, const std::string& hint) {
  throw util::UsageError("slack_signing_secret_file: " + util::visible(path) + ": " + why, hint);
}

}  // namespace

bool is_slack_id(const std::string& text, const char* kinds) {
  constexpr std::size_t kLongestId = 32;
  return text.size() > 1 && text.size() <= kLongestId && std::strchr(kinds, text.front()) != nullptr &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

void require_consistent(const SlackSettings& settings) {
  if (!settings.is_on()) {
    if (!settings.team.empty() || !settings.users.empty())
      throw util::UsageError(
          "slack_team or slack_users without slack_signing_secret_file: nothing would be "
          "believed to come from Slack",
          "it names a file with the Signing Secret of the Slack app");
    return;
  }
  if (settings.team.empty())
    throw util::UsageError(
        "slack_signing_secret_file without slack_team: users of any workspace could decide",
        "slack_team: T…, the workspace's id");
  if (settings.users.empty())
    throw util::UsageError("slack_signing_secret_file without slack_users: nobody could decide",
                           "slack_users: {U012ABC: alice}");
  std::map<std::string, std::string> known;
  for (const auto& [id, user] : settings.users) {
    const auto [first, is_new] = known.try_emplace(user, id);
    if (!is_new)
      throw util::UsageError(
          "slack_users: " + first->second + " and " + id + " both stand for " + util::visible(user),
          "a person has one Slack user; one of them is somebody else");
  }
}

std::string read_signing_secret(const std::string& path) {
  constexpr std::size_t kLongestSecret = 4096;
  constexpr std::size_t kShortestSecret = 16;
  const auto file = util::open_trusted(path);
  if (!file)
    wrong_secret(path, "there is no such file",
                 "the Slack app's Signing Secret, in a file that only this server reads");
  if ((file->status.st_mode & S_IROTH) != 0)
    wrong_secret(path, "everybody may read it, and forge decisions",
                 "chmod 600 " + util::visible(util::shell_quote(path)));
  auto secret = util::read_all(file->fd.get(), kLongestSecret, path);
  if (!secret) wrong_secret(path, "it is too long for a secret", "one line, as Slack shows it");
  while (!secret->empty() && (secret->back() == '\n' || secret->back() == '\r')) secret->pop_back();
  const bool is_word =
      std::all_of(secret->begin(), secret->end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!is_word || secret->size() < kShortestSecret)
    wrong_secret(path, "it must hold one word of at least 16 characters",
                 "Basic Information, App Credentials, Signing Secret at https://api.slack.com/apps");
  return *std::move(secret);
}

}  // namespace jit::server
