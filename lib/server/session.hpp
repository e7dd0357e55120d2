#pragma once
#include <boost/asio/awaitable.hpp>
#include <optional>

#include "server/shared.hpp"
#include "server/stream.hpp"

namespace jit::server {

/// Who is at the other end of a connection.
struct Peer {
  std::string address;            // an IP address or "uid 1000"
  std::optional<Caller> known{};  // by the kernel's or a certificate's word
  bool may_have_token = true;     // not on a Unix socket: the kernel's word is enough
  /// By a certificate: which loading of Shared::certificates it was verified by, and until when it is good.
  std::optional<std::size_t> certificates{};
  std::chrono::system_clock::time_point certificate_until{};
};

/// Answers what comes over one connection until it ends.
boost::asio::awaitable<void> talk(Shared& shared, Stream& stream, const Peer& peer);

/// Answers this and nothing else.
boost::asio::awaitable<void> turn_away(Shared& shared, Stream& stream, const Reply& reply);

}  // namespace jit::server
