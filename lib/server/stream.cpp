#include "server/stream.hpp"

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

namespace jit::server {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using boost::system::error_code;

// Not a number of bytes: try again when the socket is ready; or never.
constexpr long kLater = -1;
constexpr long kNever = -2;

}  // namespace

Stream::Stream(asio::io_context& io, util::Fd socket, SSL_CTX* tls)
    : m_clock(std::make_shared<Clock>(Clock{Socket(io, socket.release()), asio::steady_timer(io)})) {
  if (tls == nullptr) return;
  m_tls.reset(::SSL_new(tls));
  if (m_tls == nullptr || ::SSL_set_fd(m_tls.get(), fd()) != 1) throw std::bad_alloc();
  ::SSL_set_accept_state(m_tls.get());
}

Stream::~Stream() {
  m_clock->timer.cancel();
  error_code ignored;
  m_clock->socket.close(ignored);
}

void Stream::limit(std::chrono::milliseconds time) {
  m_clock->late = false;
  m_clock->timer.expires_after(time);
  m_clock->timer.async_wait([clock = m_clock](const error_code& error) {
    // One that was set anew when this was on its way already.
    if (error || clock->timer.expiry() > std::chrono::steady_clock::now()) return;
    clock->late = true;
    error_code ignored;
    if (clock->socket.is_open()) clock->socket.cancel(ignored);
  });
}

awaitable<bool> Stream::wait(Socket::wait_type what) {
  if (m_clock->late) co_return false;
  error_code error;
  co_await m_clock->socket.async_wait(what, asio::redirect_error(use_awaitable, error));
  co_return !error && !m_clock->late;
}

// How OpenSSL's answer is to be taken.
static long tried(SSL* tls, int result, std::size_t count, asio::posix::descriptor_base::wait_type& needs) {
  if (result > 0) return static_cast<long>(count);
  switch (::SSL_get_error(tls, result)) {
    case SSL_ERROR_WANT_READ:
      needs = asio::posix::descriptor_base::wait_read;
      return kLater;
    case SSL_ERROR_WANT_WRITE:
      needs = asio::posix::descriptor_base::wait_write;
      return kLater;
    default:
      return kNever;
  }
}

long Stream::try_read(char* bytes, std::size_t size) {
  if (m_tls) {
    ::ERR_clear_error();
    std::size_t count = 0;
    const int result = ::SSL_read_ex(m_tls.get(), bytes, size, &count);
    return tried(m_tls.get(), result, count, m_needs);
  }
  const ssize_t count = ::recv(fd(), bytes, size, 0);
  m_needs = Socket::wait_read;
  if (count > 0) return count;
  return count < 0 && (errno == EAGAIN || errno == EINTR) ? kLater : kNever;
}

long Stream::try_write(std::string_view bytes) {
  if (m_tls) {
    ::ERR_clear_error();
    std::size_t count = 0;
    const int result = ::SSL_write_ex(m_tls.get(), bytes.data(), bytes.size(), &count);
    return tried(m_tls.get(), result, count, m_needs);
  }
  const ssize_t count = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  m_needs = Socket::wait_write;
  if (count >= 0) return count;
  return errno == EAGAIN || errno == EINTR ? kLater : kNever;
}

awaitable<bool> Stream::handshake() {
  while (true) {
    ::ERR_clear_error();
    const int result = ::SSL_do_handshake(m_tls.get());
    const long step = tried(m_tls.get(), result, 0, m_needs);
    if (step == kNever) co_return false;
    if (step != kLater) co_return true;
    if (!co_await wait(m_needs)) co_return false;
  }
}

awaitable<std::size_t> Stream::read(char* bytes, std::size_t size) {
  while (true) {
    const long count = try_read(bytes, size);
    if (count >= 0) co_return static_cast<std::size_t>(count);
    if (count == kNever || !co_await wait(m_needs)) co_return 0;
  }
}

awaitable<bool> Stream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const long count = try_write(bytes);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (count == kNever || !co_await wait(m_needs)) {
      co_return false;
    }
  }
  co_return true;
}

bool Stream::is_gone() const {
  pollfd socket{fd(), POLLRDHUP, 0};
  return ::poll(&socket, 1, 0) == 1;
}

awaitable<void> Stream::finish() {
  if (m_tls) {
    ::ERR_clear_error();
    ::SSL_shutdown(m_tls.get());
  }
  ::shutdown(fd(), SHUT_WR);
  limit(std::chrono::seconds(1));
  std::array<char, 4096> ignored{};
  for (int most = 256; most > 0; --most) {
    const ssize_t count = ::recv(fd(), ignored.data(), ignored.size(), 0);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) co_return;
    if (count < 0 && !co_await wait(Socket::wait_read)) co_return;
  }
}

}  // namespace jit::server
