#include "server/listen.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::server {
namespace {

[[noreturn]] void fail(const std::string& url, const std::string& why) {
  throw util::UsageError("cannot listen on " + util::visible(url) + ": " + why,
                         "https://ADDRESS:PORT, http://127.0.0.1:PORT (loopback only), or unix:/PATH");
}

bool is_address(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_loopback(const std::string& host) {
  return host == "::1" || host.starts_with("127.");
}

}  // namespace

Endpoint parse_endpoint(const std::string& url) {
  Endpoint endpoint;
  if (url.starts_with("unix:")) {
    endpoint.kind = Endpoint::Kind::unix_socket;
    endpoint.host = url.substr(5);
    if (!endpoint.host.starts_with('/')) fail(url, "the path must be absolute");
    return endpoint;
  }
  const bool secure = url.starts_with("https://");
  if (!secure && !url.starts_with("http://")) fail(url, "it is no URL of a kind that is known");
  endpoint.kind = secure ? Endpoint::Kind::https : Endpoint::Kind::http;
  std::string rest = url.substr(url.find("//") + 2);
  if (rest.ends_with('/')) rest.pop_back();
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string::npos) fail(url, "the port is missing");
  const std::string port = rest.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size())
    fail(url, "the port is no number");
  endpoint.host = rest.substr(0, colon);
  if (endpoint.host == "localhost") endpoint.host = "127.0.0.1";
  if (endpoint.host.starts_with('[') && endpoint.host.ends_with(']'))
    endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
  if (!is_address(endpoint.host)) fail(url, "\"" + endpoint.host + "\" is no IP address");
  if (!secure && !is_loopback(endpoint.host))
    fail(url, "without TLS only on a loopback address: anybody could read it");
  return endpoint;
}

Endpoint inherited_endpoint(int fd, bool with_tls) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw util::SystemError(errno, "the inherited descriptor " + std::to_string(fd));
  Endpoint endpoint;
  endpoint.inherited = fd;
  if (address.ss_family == AF_UNIX) {
    endpoint.kind = Endpoint::Kind::unix_socket;
    endpoint.host = reinterpret_cast<const sockaddr_un*>(&address)->sun_path;
    return endpoint;
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto* four = reinterpret_cast<const sockaddr_in*>(&address);
    ::inet_ntop(AF_INET, &four->sin_addr, text.data(), text.size());
    endpoint.port = ntohs(four->sin_port);
  } else if (address.ss_family == AF_INET6) {
    const auto* six = reinterpret_cast<const sockaddr_in6*>(&address);
    ::inet_ntop(AF_INET6, &six->sin6_addr, text.data(), text.size());
    endpoint.port = ntohs(six->sin6_port);
  } else {
    throw util::UsageError("the inherited descriptor " + std::to_string(fd) + " is no socket to listen on");
  }
  endpoint.host = text.data();
  endpoint.kind = with_tls ? Endpoint::Kind::https : Endpoint::Kind::http;
  if (!with_tls && !is_loopback(endpoint.host))
    fail(to_url(endpoint), "without TLS only on a loopback address: anybody could read it");
  return endpoint;
}

std::string to_url(const Endpoint& endpoint) {
  if (endpoint.kind == Endpoint::Kind::unix_socket) return "unix:" + endpoint.host;
  const bool six = endpoint.host.find(':') != std::string::npos;
  return std::string(endpoint.kind == Endpoint::Kind::https ? "https://" : "http://") + (six ? "[" : "") +
         endpoint.host + (six ? "]" : "") + ":" + std::to_string(endpoint.port);
}

}  // namespace jit::server
