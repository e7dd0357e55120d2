#pragma once
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <deque>
#include <functional>
#include <optional>
#include <stdexcept>

#include "bench.hpp"

// The clients that load a server on this machine: plain HTTP/1.1, of which no more is understood than such
// answers need.
namespace jit::bench {

inline constexpr int kPatience = 30;  // s: what takes longer has failed

[[noreturn]] inline void fail(const std::string& what) {
  throw std::runtime_error(what);
}

inline sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline int free_port() {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(fd, any, size) != 0 || ::getsockname(fd, any, &size) != 0) fail("there is no free port");
  ::close(fd);
  return ntohs(address.sin_port);
}

struct Answer {
  int status = 0;
  std::string head, body;

  std::string header(const std::string& name) const {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const std::size_t from = at + name.size() + 4;
    return head.substr(from, head.find('\r', from) - from);
  }
};

inline void expect(int status, const Answer& answer) {
  if (answer.status != status) fail("unexpected answer: " + answer.head + answer.body);
}

// One kept connection to a server on this machine.
class Connection {
 public:
  explicit Connection(int port) : m_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in to = loopback(port);
    const timeval patience{kPatience, 0};
    const int on = 1;
    ::setsockopt(m_fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(m_fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ::setsockopt(m_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    m_open = ::connect(m_fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~Connection() { ::close(m_fd); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return m_fd; }
  bool is_open() const { return m_open; }

  void send(const std::string& text) const {
    if (::send(m_fd, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
      fail("a request could not be sent");
  }
  // Reads once; the answer, when it is whole.
  std::optional<Answer> take() {
    char bytes[32768];
    const ssize_t count = ::recv(m_fd, bytes, sizeof bytes, 0);
    if (count <= 0) fail("no answer came");
    m_read.append(bytes, static_cast<std::size_t>(count));
    return whole();
  }
  Answer ask(const std::string& text) {
    send(text);
    while (true) {
      if (auto answer = take()) return std::move(*answer);
    }
  }

 private:
  std::optional<Answer> whole() {
    const std::size_t end = m_read.find("\r\n\r\n");
    if (end == std::string::npos) return std::nullopt;
    Answer answer{static_cast<int>(std::strtol(m_read.c_str() + 9, nullptr, 10)), m_read.substr(0, end + 2),
                  ""};
    const std::size_t length = std::strtoul(answer.header("Content-Length").c_str(), nullptr, 10);
    if (m_read.size() < end + 4 + length) return std::nullopt;
    answer.body = m_read.substr(end + 4);
    m_read.clear();
    return answer;
  }

  int m_fd;
  bool m_open = false;
  std::string m_read;
};

using Connections = std::deque<Connection>;

// Tells which of many connections have something to read.
class Readable {
 public:
  explicit Readable(const Connections& connections) : m_fd(::epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t i = 0; i < connections.size(); ++i) {
      epoll_event event{EPOLLIN, {.u64 = i}};
      ::epoll_ctl(m_fd, EPOLL_CTL_ADD, connections[i].fd(), &event);
    }
  }
  ~Readable() { ::close(m_fd); }
  Readable(const Readable&) = delete;
  Readable& operator=(const Readable&) = delete;

  // Their indices; none when nothing came in so many seconds.
  std::vector<std::size_t> wait(int seconds) const {
    epoll_event events[256];
    const int count = ::epoll_wait(m_fd, events, 256, seconds * 1000);
    std::vector<std::size_t> indices;
    for (int i = 0; i < count; ++i) indices.push_back(events[i].data.u64);
    return indices;
  }

 private:
  int m_fd;
};

using MakeRequest = std::function<std::string(std::size_t)>;
using TakeAnswer = std::function<void(std::size_t, const Answer&)>;

// A closed loop: each connection sends the next request as soon as its last is answered. Gives the seconds.
inline double drive(int port, std::size_t connection_count, std::size_t count, const MakeRequest& request,
                    const TakeAnswer& answered) {
  Connections connections;
  while (connections.size() < std::min(connection_count, count)) connections.emplace_back(port);
  const Readable readable(connections);
  std::vector<std::size_t> asked(connections.size());  // by connection: which request
  std::size_t next = 0;
  const auto send_next = [&](std::size_t at) {
    asked[at] = next++;
    connections[at].send(request(asked[at]));
  };
  const double began = now_ms();
  while (next < connections.size()) send_next(next);
  for (std::size_t done = 0; done < count;) {
    const auto ready = readable.wait(kPatience);
    if (ready.empty()) fail("no answer came");
    for (const std::size_t at : ready) {
      const auto answer = connections[at].take();
      if (!answer) continue;
      answered(asked[at], *answer);
      ++done;
      if (next < count) send_next(at);
    }
  }
  return (now_ms() - began) / 1000;
}

}  // namespace jit::bench
