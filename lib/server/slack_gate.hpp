#pragma once
#include <optional>
#include <string>

#include "server/message.hpp"
#include "server/rates.hpp"
#include "util/time.hpp"

namespace jit::server {

/// Where Slack posts what people click.
inline constexpr const char* kSlackPath = "/v1/slack";
/// Its bodies hold the message that was clicked in, escaped twice.
inline constexpr std::size_t kLongestSlackBody = 128U << 10U;

/// What is answered where no secret is set, and to more than such a body.
Reply slack_is_off();
Reply too_large_for_slack();

/// Whether a request is from Slack, and from now ("Verifying requests from Slack", v0: HMAC-SHA-256 over
/// "v0:TIMESTAMP:BODY"). Needs no store: what is forged never gets to where decisions are made.
class SlackGate {
 public:
  explicit SlackGate(std::string secret) : m_secret(std::move(secret)) {}

  /// What is answered to a request that is not; nullopt for one that is. Of those that are not, more than one
  /// a second are told so only; who sends them cannot keep Slack out.
  std::optional<Reply> objection(const Message& message, util::Time now, Rates::Clock::time_point clock);

 private:
  std::string m_secret;
  Rates m_refused{1, 30};
};

}  // namespace jit::server
