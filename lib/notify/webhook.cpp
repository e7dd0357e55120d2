// Standard Webhooks 1.0 (standardwebhooks.com), with a CloudEvents 1.0 event in structured mode as the body.
#include <nlohmann/json.hpp>

#include "notify/channel.hpp"
#include "util/base64.hpp"
#include "util/digest.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::notify {
namespace {

constexpr std::string_view kPrefix = "whsec_";

std::string key_of(std::string_view secret) {
  if (secret.starts_with(kPrefix)) secret.remove_prefix(kPrefix.size());
  std::string padded(secret);  // some are written without it
  while (padded.size() % 4 != 0) padded += '=';
  auto key = util::from_base64(padded);
  if (!key)
    throw util::Error("the secret is none of Standard Webhooks",
                      "whsec_ and 24 to 64 random bytes in base64");
  return *std::move(key);
}

}  // namespace

Parcel pack_webhook(const Sending& sending) {
  const Message& message = sending.message;
  const util::Json event = {{"specversion", "1.0"},
                            {"id", message.id},
                            {"source", "/jit-run"},
                            {"type", "io.jit-run.request." + message.event},
                            {"subject", message.request.empty() ? "test" : message.request},
                            {"time", util::to_rfc3339(message.at)},
                            {"datacontenttype", "application/json"},
                            {"data", util::parse_json(message.document, "a message")}};
  Post post{secret(sending, "url"), {"Content-Type: application/cloudevents+json; charset=utf-8"}, ""};
  post.body = util::compact_json(event);
  const auto now = std::chrono::floor<std::chrono::seconds>(util::wall_clock());
  const std::string at = std::to_string(now.time_since_epoch().count());
  const std::string signed_text = message.id + "." + at + "." + post.body;
  const auto hash = util::unhex(util::hmac_sha256(key_of(secret(sending, "secret")), signed_text));
  post.headers.push_back("webhook-id: " + message.id);
  post.headers.push_back("webhook-timestamp: " + at);
  post.headers.push_back("webhook-signature: v1," + util::base64(hash.value_or("")));
  return post;
}

}  // namespace jit::notify
