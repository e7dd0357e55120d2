#pragma once
#include <map>
#include <optional>
#include <string>

namespace jit::server {

/// How decisions come from Slack. Off where nothing of it is set.
struct SlackSettings {
  std::string secret_file;                   // Slack's signing secret of the app
  std::string team;                          // "T012ABC": the only workspace from which decisions count
  std::map<std::string, std::string> users;  // whom a Slack user stands for: "U012ABC" → "alice"

  bool is_on() const { return !secret_file.empty(); }
};

/// Slack's ids are upper-case letters and digits after a letter that says of what: 'U' or 'W' a user, 'T' a
/// team.
bool is_slack_id(const std::string& text, const char* kinds);

/// Throws UsageError for settings that do not go together.
void require_consistent(const SlackSettings& settings);
/// Throws UsageError, without a word of what is in it, for a file that is missing, not to be trusted,
/// readable by everybody, or no secret.
std::string read_signing_secret(const std::string& path);

}  // namespace jit::server
