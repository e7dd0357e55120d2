#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace jit::server {

/// One place to listen on.
struct Endpoint {
  enum class Kind { http, https, unix_socket };
  Kind kind = Kind::http;
  std::string host;  // an IP address; of a Unix socket its path
  std::uint16_t port = 0;
  std::optional<int> inherited{};  // a socket that listens already
};

/// Reads a URL; throws UsageError for what is none, and for http: on anything but a loopback address.
Endpoint parse_endpoint(const std::string& url);
/// What this listening socket is, which somebody else opened; throws UsageError as above.
Endpoint inherited_endpoint(int fd, bool with_tls);
std::string to_url(const Endpoint& endpoint);

}  // namespace jit::server
