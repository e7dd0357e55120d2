#pragma once
#include <openssl/ssl.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string_view>

#include "util/fd.hpp"

namespace jit::server {

/// One accepted connection: bytes in and out, with TLS or without, all of it within a time limit. While it
/// waits it holds no buffer: a client that waits costs little.
class Stream {
 public:
  /// `tls`: nullptr for none; it is kept alive by OpenSSL's own count. `socket` does not block.
  Stream(boost::asio::io_context& io, util::Fd socket, SSL_CTX* tls);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// From now on; what waits longer fails, and so does all that follows until the next limit.
  void limit(std::chrono::milliseconds time);
  bool is_late() const { return m_clock->late; }

  boost::asio::awaitable<bool> handshake();
  /// Waits for bytes; how many there are, 0 when there will be none: closed, failed or too late.
  boost::asio::awaitable<std::size_t> read(char* bytes, std::size_t size);
  /// False when not all of it could be sent.
  boost::asio::awaitable<bool> write(std::string_view bytes);
  /// Says that nothing more is sent, and lets the other end read it: to close with bytes unread would throw
  /// away what was sent last.
  boost::asio::awaitable<void> finish();

  /// Whether the other end has closed: nobody is there to answer. (Or says that it sends no more: who does
  /// that while it waits, waits for nothing.)
  bool is_gone() const;

  /// nullptr without TLS.
  SSL* tls() const { return m_tls.get(); }
  int fd() const { return m_clock->socket.native_handle(); }

 private:
  using Socket = boost::asio::posix::stream_descriptor;
  // Apart, because a timer may have its last word when the stream is gone.
  struct Clock {
    Socket socket;
    boost::asio::steady_timer timer;
    bool late = false;
  };
  struct Free {
    void operator()(SSL* tls) const { ::SSL_free(tls); }
  };

  long try_read(char* bytes, std::size_t size);
  long try_write(std::string_view bytes);
  boost::asio::awaitable<bool> wait(Socket::wait_type what);

  std::shared_ptr<Clock> m_clock;
  std::unique_ptr<SSL, Free> m_tls;
  Socket::wait_type m_needs = Socket::wait_read;  // what the last try could not do without
};

}  // namespace jit::server
