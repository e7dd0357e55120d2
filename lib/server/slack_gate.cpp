#include "server/slack_gate.hpp"

#include <openssl/crypto.h>

#include <charconv>

#include "util/digest.hpp"

namespace jit::server {
namespace {

constexpr std::chrono::minutes kOldest{5};  // and as far ahead: as Slack's own libraries have it

Reply not_slacks(const std::string& why, const std::string& hint = {}) {
  Reply reply = problem(401, "not-from-slack", why, hint);
  reply.headers["WWW-Authenticate"] = "Slack-Signature";
  return reply;
}

bool is_equal(const std::string& a, const std::string& b) {
  return a.size() == b.size() && ::CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// Digits, and nothing but digits: what is signed is their text.
std::optional<util::Time> time_in(const std::string& text) {
  constexpr std::size_t kMostDigits = 11;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || text.size() > kMostDigits || text.front() == '-' || error != std::errc() ||
      end != text.data() + text.size())
    return std::nullopt;
  return util::Time{std::chrono::seconds{seconds}};
}

std::optional<Reply> find_fault(const Message& message, const std::string& secret, util::Time now) {
  const std::string timestamp = message.header("x-slack-request-timestamp");
  const std::string signature = message.header("x-slack-signature");
  const auto at = time_in(timestamp);
  if (!at || signature.empty())
    return not_slacks("X-Slack-Request-Timestamp or X-Slack-Signature is missing",
                      "only Slack posts here: the app's Interactivity Request URL");
  if (*at < now - kOldest || *at > now + kOldest)
    return not_slacks("it was signed more than 5 minutes ago, or will be", "is this server's clock right?");
  const std::string expected = "v0=" + util::hmac_sha256(secret, "v0:" + timestamp + ":" + message.body);
  if (!is_equal(signature, expected))
    return not_slacks("it is not signed by Slack",
                      "does slack_signing_secret_file hold the secret of the app that posts here?");
  return std::nullopt;
}

}  // namespace

Reply slack_is_off() {
  return problem(404, "no-such-path", "this server takes no decisions from Slack",
                 "slack_signing_secret_file in its configuration; jit-server(1)");
}

Reply too_large_for_slack() {
  return problem(413, "body-too-large",
                 "the body is larger than " + std::to_string(kLongestSlackBody) + " bytes");
}

std::optional<Reply> SlackGate::objection(const Message& message, util::Time now,
                                          Rates::Clock::time_point clock) {
  if (message.method != "POST") return method_not_allowed("POST");
  if (message.body.size() > kLongestSlackBody) return too_large_for_slack();
  auto fault = find_fault(message, m_secret, now);
  if (!fault) return std::nullopt;
  const auto pause = m_refused.take("", 1, clock);
  if (!pause) return fault;
  return later(429, "too-many-forged", "too much comes here that is not from Slack",
               "only Slack posts here: the app's Interactivity Request URL",
               std::chrono::ceil<std::chrono::seconds>(*pause));
}

}  // namespace jit::server
