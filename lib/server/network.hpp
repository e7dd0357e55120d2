#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "server/engine.hpp"

namespace jit::server {

/// Bounds on what one client, and all of them together, may cost. Each is cut off or answered with a problem.
struct Limits {
  std::size_t header_bytes = 16U << 10U;
  std::size_t body_bytes = 5U << 20U;
  std::size_t connections = 20'000;
  std::size_t connections_per_address = 12'000;
  std::chrono::seconds for_a_request{20};  // from its first byte to its last
  std::chrono::seconds for_a_reply{20};    // until the client has taken it
  std::chrono::seconds idle{75};           // between two requests
  std::chrono::seconds longest_wait{55};   // Prefer: wait=
};

struct Network {
  /// "http://127.0.0.1:8080" (loopback only), "https://0.0.0.0:8443", "unix:/run/jit-run/server.sock".
  std::vector<std::string> listen;
  std::string certificate, key;  // PEM files, for https
  Limits limits;
  std::function<void(const std::string& line)> log;
  /// Called once everything listens, with the URLs as they came to be (a port 0 is chosen by the kernel).
  std::function<void(const std::vector<std::string>& urls)> ready;
};

/// Whether these places, the certificate and the key are such as could be used. Throws UsageError.
void check(const Network& network);

/// Listens and answers until SIGTERM or SIGINT; SIGHUP loads policies and certificates anew. Those who wait
/// are answered when it stops, and ask again elsewhere or later. Throws UsageError for what cannot be
/// listened on.
void serve(Engine::Options engine, const Network& network);

}  // namespace jit::server
