#pragma once
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "util/fd.hpp"

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

/// A socket that listens and does not block. One of ours in the file system is removed with it.
struct Listener {
  Endpoint endpoint;  // with the port that the kernel chose for port 0
  util::Fd socket;
  bool inherited = false;
};
/// Throws UsageError when it cannot be had.
Listener listen_on(const Endpoint& endpoint);
/// Whether it could be had, found out with nothing made; false when somebody listens there. Throws UsageError
/// as above.
bool could_listen_on(const Endpoint& endpoint);
/// A socket that listens already, which somebody else opened; throws UsageError as above.
Listener inherited_listener(util::Fd socket, bool with_tls);
/// Removes what listening has left in the file system.
void clean_up(const Listener& listener);

/// Who is at the other end of an accepted socket: an IP address; of a Unix socket "uid 1000".
std::string peer_of(int socket);
/// Who is at the other end of a Unix socket, by the kernel's word. Throws SystemError.
struct LocalPeer {
  uid_t uid = 0;
  std::optional<uid_t> login{};  // whom its session logged in as: su and sudo do not change that
  /// False when whoever connected has ended already, although this kernel keeps logins: then it may be
  /// anybody's.
  bool is_login_known = true;
};
LocalPeer local_peer(int socket);
/// As whom an address (of peer_of) counts: who has one IPv6 address has the /64 around it.
std::string counted_as(const std::string& address);

}  // namespace jit::server
