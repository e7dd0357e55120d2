#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "server/limits.hpp"
#include "server/message.hpp"

namespace jit::server {

/// Reads HTTP/1.1 requests (RFC 9112) from bytes as they come, and is strict where a proxy in front could
/// read them otherwise: folded headers, a header given twice, two lengths, bare line feeds.
class RequestReader {
 public:
  explicit RequestReader(const Limits& limits);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  struct Ready {
    Message message;
    bool keep_alive = true;
  };
  /// What is answered before the connection is closed, and which limit it was about.
  struct Wrong {
    Reply reply;
    std::optional<Limit> limit{};
  };
  /// Nothing yet, a request, or what is wrong with it.
  using Result = std::variant<std::monostate, Ready, Wrong>;

  /// Takes the next bytes. After a request, feed("") looks whether another one has come behind it.
  Result feed(std::string_view bytes);
  /// Some bytes of a request are there.
  bool begun() const { return !m_left.empty() || m_body != nullptr; }
  /// How many bytes are kept.
  std::size_t size() const;
  /// The request of which the body is not whole yet; nullptr when there is none.
  const Message* message() const;
  /// A body is announced that is not small, and nothing of it is taken before `allow`.
  bool is_held() const;
  void allow();
  /// How many bytes to read next: never more than a little beyond the end of this request, so that what is
  /// kept while it is answered is little.
  std::size_t wanted() const;
  /// True once when the client waits for "100 Continue" before it sends the body.
  bool take_continue();

 private:
  struct Body;

  Result read_header();
  Result read_body();

  const Limits& m_limits;
  std::string m_left;            // what is not parsed yet
  std::unique_ptr<Body> m_body;  // the header is read
  bool m_continue = false;
  bool m_held = false;
};

}  // namespace jit::server
