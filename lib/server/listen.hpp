#pragma once
#include <cstdint>
#include <string>

namespace jit::server {

/// One place to listen on.
struct Endpoint {
  enum class Kind { http, https, unix_socket };
  Kind kind = Kind::http;
  std::string host;  // an IP address; of a Unix socket its path
  std::uint16_t port = 0;
};

/// Reads a URL; throws UsageError for what is none, and for http: on anything but a loopback address.
Endpoint parse_endpoint(const std::string& url);
std::string to_url(const Endpoint& endpoint);

}  // namespace jit::server
