#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace jit::server {

/// Bounds on what one client, and all of them together, may cost. What is beyond is answered with a problem,
/// or cut off. Each is a setting of that name (see settings.hpp).
struct Limits {
  std::size_t header_bytes = 16U << 10U;
  std::size_t body_bytes = 1U << 20U;
  std::size_t buffered_bytes = 256U << 20U;  // requests that are not whole yet, and replies that
                                             // are not taken yet; of one user an eighth of it
  std::size_t connections = 20'000;
  std::size_t connections_per_address = 12'000;    // or per user, on a Unix socket
  std::chrono::milliseconds request_time{20'000};  // from a request's first byte to its last
  std::chrono::milliseconds reply_time{20'000};    // until the client has taken a reply
  std::chrono::milliseconds idle_time{75'000};     // between two requests
  std::chrono::milliseconds longest_wait{55'000};  // Prefer: wait=
  std::size_t requests_per_second = 100;           // of one user; twice as many at once
  std::size_t pending_per_user = 100;
  std::size_t asked_per_hour = 1000;         // by one user; so many at once, too. Large ones count as several
  std::size_t streams_per_user = 64;         // GET /v1/events: each change is looked at for each of them
  std::size_t recording_bytes = 16U << 20U;  // the recording of one session
  std::size_t queue = 20'000;                // what waits for the store
};

/// What was too much, for the metric `jit_limit_total`.
enum class Limit {
  header_bytes,
  body_bytes,
  buffered_bytes,
  connections,
  connections_per_address,
  request_time,
  reply_time,
  requests_per_second,
  pending_per_user,
  asked_per_hour,
  streams_per_user,
  queue
};
constexpr std::array<std::string_view, 12> kLimitNames{
    "header_bytes",     "body_bytes", "buffered_bytes",      "connections",      "connections_per_address",
    "request_time",     "reply_time", "requests_per_second", "pending_per_user", "asked_per_hour",
    "streams_per_user", "queue"};

}  // namespace jit::server
