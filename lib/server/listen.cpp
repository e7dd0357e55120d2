#include "server/listen.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "util/error.hpp"
#include "util/login.hpp"
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

// Any kind of socket address.
class Address {
 public:
  Address() = default;
  explicit Address(const Endpoint& endpoint) {
    if (endpoint.kind == Endpoint::Kind::unix_socket) {
      set_path(endpoint);
    } else {
      set_ip(endpoint);
    }
  }

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&m_storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&m_storage); }
  socklen_t size() const { return m_size; }
  socklen_t* size() { return &m_size; }
  int family() const { return m_storage.ss_family; }

  std::string host() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* address = family() == AF_INET ? static_cast<const void*>(&as<sockaddr_in>().sin_addr)
                                              : &as<sockaddr_in6>().sin6_addr;
    if (family() != AF_INET && family() != AF_INET6) return "";
    return ::inet_ntop(family(), address, text.data(), text.size()) == nullptr ? "" : text.data();
  }
  std::uint16_t port() const {
    return ntohs(family() == AF_INET ? as<sockaddr_in>().sin_port : as<sockaddr_in6>().sin6_port);
  }
  std::string path() const { return as<sockaddr_un>().sun_path; }

 private:
  template <typename Kind>
  const Kind& as() const {
    return reinterpret_cast<const Kind&>(m_storage);
  }
  template <typename Kind>
  Kind& as() {
    return reinterpret_cast<Kind&>(m_storage);
  }

  void set_path(const Endpoint& endpoint) {
    auto& address = as<sockaddr_un>();
    if (endpoint.host.size() >= sizeof address.sun_path)
      fail(to_url(endpoint), "the path is longer than the kernel takes");
    address.sun_family = AF_UNIX;
    endpoint.host.copy(address.sun_path, endpoint.host.size());
    m_size = sizeof address;
  }
  void set_ip(const Endpoint& endpoint) {
    if (endpoint.host.find(':') == std::string::npos) {
      auto& address = as<sockaddr_in>();
      address.sin_family = AF_INET;
      address.sin_port = htons(endpoint.port);
      ::inet_pton(AF_INET, endpoint.host.c_str(), &address.sin_addr);
      m_size = sizeof address;
      return;
    }
    auto& address = as<sockaddr_in6>();
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port);
    ::inet_pton(AF_INET6, endpoint.host.c_str(), &address.sin6_addr);
    m_size = sizeof address;
  }

  sockaddr_storage m_storage{};
  socklen_t m_size = sizeof m_storage;
};

// What to do about it; empty where nothing is known.
std::string remedy(const Endpoint& endpoint, int error) {
  const bool is_path = endpoint.kind == Endpoint::Kind::unix_socket;
  const std::string port = std::to_string(endpoint.port);
  if (error == EADDRINUSE && is_path) return "another server listens there, or a file is in the way";
  if (error == EADDRINUSE) return "another program has this port: ss -ltnp 'sport = :" + port + "'";
  if (error == EADDRNOTAVAIL) return "this machine has no such address: ip address";
  if (error == ENOENT && is_path) return "make the directory; in a unit RuntimeDirectory= does";
  if (error == EACCES && is_path) return "who serves must be able to write in the directory";
  if (error == EACCES)
    return "ports below 1024 are root's: let systemd open it (jit-server.socket), or take another";
  return "";
}

[[noreturn]] void cannot(const Endpoint& endpoint, int error) {
  throw util::UsageError("cannot listen on " + util::visible(to_url(endpoint)) + ": " + std::strerror(error),
                         remedy(endpoint, error));
}

// Whether a socket could be made in that place, without making it.
int find_obstacle(const Endpoint& endpoint) {
  const std::string& path = endpoint.host;
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode)) return EADDRINUSE;
  const std::string directory = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
  return ::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

// A socket of a server that is gone is in the way; one of a server that runs is not ours to take.
void remove_stale(const Endpoint& endpoint, const Address& address) {
  struct stat status {};
  if (::lstat(endpoint.host.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  const util::Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), address.get(), address.size()) != 0 && errno == ECONNREFUSED)
    ::unlink(endpoint.host.c_str());
}

void bind_to(const util::Fd& socket, const Endpoint& endpoint, const Address& address) {
  const bool is_path = endpoint.kind == Endpoint::Kind::unix_socket;
  const int on = 1;
  if (is_path) {
    remove_stale(endpoint, address);
  } else {
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address.family() == AF_INET6) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  const mode_t before = ::umask(is_path ? 0 : 077);  // everybody may knock: the kernel says who it is
  const int result = ::bind(socket.get(), address.get(), address.size());
  const int error = errno;
  ::umask(before);
  if (result != 0) cannot(endpoint, error);
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
    fail(url, "the port is no number from 0 to 65535");
  endpoint.host = rest.substr(0, colon);
  if (endpoint.host == "localhost") endpoint.host = "127.0.0.1";
  if (endpoint.host.starts_with('[') && endpoint.host.ends_with(']'))
    endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
  if (!is_address(endpoint.host)) fail(url, "\"" + endpoint.host + "\" is no IP address");
  if (!secure && !is_loopback(endpoint.host))
    fail(url, "without TLS only on a loopback address: anybody could read it");
  return endpoint;
}

Listener listen_on(const Endpoint& endpoint) {
  Address address(endpoint);
  Listener listener{
      endpoint, util::Fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), false};
  if (!listener.socket) cannot(endpoint, errno);
  bind_to(listener.socket, endpoint, address);
  if (::listen(listener.socket.get(), SOMAXCONN) != 0) cannot(endpoint, errno);
  if (endpoint.kind == Endpoint::Kind::unix_socket) return listener;
  Address bound;
  if (::getsockname(listener.socket.get(), bound.get(), bound.size()) == 0)
    listener.endpoint.port = bound.port();
  return listener;
}

bool could_listen_on(const Endpoint& endpoint) {
  const Address address(endpoint);
  if (endpoint.kind == Endpoint::Kind::unix_socket) {
    if (const int error = find_obstacle(endpoint); error != 0) cannot(endpoint, error);
    const util::Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return ::connect(probe.get(), address.get(), address.size()) != 0;
  }
  const util::Fd probe(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (probe && ::bind(probe.get(), address.get(), address.size()) == 0) return true;
  if (errno != EADDRINUSE) cannot(endpoint, errno);
  return false;
}

Listener inherited_listener(util::Fd socket, bool with_tls) {
  Address address;
  const std::string name = "the inherited descriptor " + std::to_string(socket.get());
  if (::getsockname(socket.get(), address.get(), address.size()) != 0) throw util::SystemError(errno, name);
  ::fcntl(socket.get(), F_SETFL, ::fcntl(socket.get(), F_GETFL) | O_NONBLOCK);
  Endpoint endpoint;
  if (address.family() == AF_UNIX) {
    endpoint.kind = Endpoint::Kind::unix_socket;
    endpoint.host = address.path();
    return {std::move(endpoint), std::move(socket), true};
  }
  endpoint.host = address.host();
  if (endpoint.host.empty()) throw util::UsageError(name + " is no socket to listen on");
  endpoint.port = address.port();
  endpoint.kind = with_tls ? Endpoint::Kind::https : Endpoint::Kind::http;
  if (!with_tls && !is_loopback(endpoint.host))
    fail(to_url(endpoint), "without TLS only on a loopback address: anybody could read it");
  return {std::move(endpoint), std::move(socket), true};
}

void clean_up(const Listener& listener) {
  if (listener.endpoint.kind == Endpoint::Kind::unix_socket && !listener.inherited)
    ::unlink(listener.endpoint.host.c_str());
}

LocalPeer local_peer(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    throw util::SystemError(errno, "who is at the other end of the socket");
  const auto login = util::login_uid(peer.pid);
  // Whoever connected and has ended since leaves the socket to others, and nobody can say whose it is.
  const std::string told = "/proc/" + std::to_string(peer.pid) + "/loginuid";
  const bool keeps_logins = ::access("/proc/self/loginuid", F_OK) == 0;
  return {peer.uid, login, login || !keeps_logins || ::access(told.c_str(), F_OK) == 0};
}

std::string counted_as(const std::string& address) {
  constexpr std::size_t kNetwork = 8;  // bytes: a /64
  in6_addr parsed{};
  if (::inet_pton(AF_INET6, address.c_str(), &parsed) != 1 || IN6_IS_ADDR_V4MAPPED(&parsed)) return address;
  std::fill(std::begin(parsed.s6_addr) + kNetwork, std::end(parsed.s6_addr), std::uint8_t{0});
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(AF_INET6, &parsed, text.data(), text.size()) == nullptr
             ? address
             : std::string(text.data()) + "/64";
}

std::string peer_of(int socket) {
  Address address;
  if (::getpeername(socket, address.get(), address.size()) != 0) return "";
  return address.family() == AF_UNIX ? "uid " + std::to_string(local_peer(socket).uid) : address.host();
}

std::string to_url(const Endpoint& endpoint) {
  if (endpoint.kind == Endpoint::Kind::unix_socket) return "unix:" + endpoint.host;
  const bool six = endpoint.host.find(':') != std::string::npos;
  return std::string(endpoint.kind == Endpoint::Kind::https ? "https://" : "http://") + (six ? "[" : "") +
         endpoint.host + (six ? "]" : "") + ":" + std::to_string(endpoint.port);
}

}  // namespace jit::server
