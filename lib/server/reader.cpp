// All of Boost.Beast is here: its parser, without its network.
#include "server/reader.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "util/text.hpp"

namespace jit::server {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Parser = http::request_parser<http::string_body>;
using Wrong = RequestReader::Wrong;

constexpr std::string_view kEndOfHeader = "\r\n\r\n";

// Those that anybody here looks at: the others are not kept while a client waits.
constexpr std::array<std::string_view, 8> kKept{
    "authorization", "content-type", "idempotency-key",           "if-none-match",
    "last-event-id", "prefer",       "x-slack-request-timestamp", "x-slack-signature"};

Wrong malformed(const std::string& why) {
  return {
      problem(400, "bad-request", why, "this is HTTP/1.1 (RFC 9112); /openapi.json says what is answered")};
}

Wrong too_large(const char* what, std::size_t most, Limit limit) {
  const bool header = limit == Limit::header_bytes;
  return {problem(header ? 431 : 413, std::string(what) + "-too-large",
                  std::string("the ") + what + " is larger than " + std::to_string(most) + " bytes",
                  "send less; this server's setting is " +
                      std::string(kLimitNames.at(static_cast<std::size_t>(limit)))),
          limit};
}

Wrong too_large_header(const Limits& limits) {
  return too_large("header", limits.header_bytes, Limit::header_bytes);
}

// Beast takes a header that goes on in the next line (obs-fold), and requests that do not say whom they are
// for; both are what a proxy in front may read otherwise (RFC 9112, 3.2 and 5.2).
std::optional<Wrong> find_fault(std::string_view header, const Parser::value_type& request) {
  if (header.find("\r\n ") != std::string_view::npos || header.find("\r\n\t") != std::string_view::npos)
    return malformed("a header is folded");
  if (request.version() != 11) return malformed("only HTTP/1.1 is spoken here");
  if (request.count(http::field::host) != 1) return malformed("there must be one header Host");
  if (request.count(http::field::transfer_encoding) > 0 && request.count(http::field::content_length) > 0)
    return malformed("Content-Length and Transfer-Encoding contradict each other");
  if (request.count(http::field::content_length) > 1) return malformed("a header is given twice");
  // Any other coding means a body of another length, which we would take for the next request (RFC
  // 9112, 6.1).
  const auto coding = request.count(http::field::transfer_encoding);
  if (coding > 1 ||
      (coding == 1 && !boost::beast::iequals(request[http::field::transfer_encoding], "chunked")))
    return malformed("the only Transfer-Encoding that is understood is chunked");
  for (const std::string_view name : kKept) {
    const bool is_list = name == "prefer";
    if (!is_list && request.count(boost::beast::string_view(name.data(), name.size())) > 1)
      return malformed("the header " + std::string(name) + " is given twice");
  }
  return std::nullopt;
}

// Before the body is read: what comes behind it (trailers) is not among the headers.
Message message_of(const Parser::value_type& request) {
  Message message{std::string(request.method_string()), std::string(request.target()), {}, {}};
  for (const std::string_view name : kKept) {
    const auto [from, to] = request.equal_range(boost::beast::string_view(name.data(), name.size()));
    for (auto field = from; field != to; ++field) {
      std::string& value = message.headers[std::string(name)];
      if (!value.empty()) value += ", ";
      value += field->value();
    }
  }
  return message;
}

bool is_method_character(char c) {
  return c >= 'A' && c <= 'Z';
}

}  // namespace

struct RequestReader::Body {
  Parser parser;
  Message message;
};

RequestReader::RequestReader(const Limits& limits) : m_limits(limits) {}
RequestReader::~RequestReader() = default;

std::size_t RequestReader::size() const {
  return m_left.size() + (m_body ? m_body->parser.get().body().size() : 0);
}

const Message* RequestReader::message() const {
  return m_body ? &m_body->message : nullptr;
}

bool RequestReader::is_held() const {
  return m_held;
}

void RequestReader::allow() {
  m_held = false;
}

std::size_t RequestReader::wanted() const {
  const auto left = m_body ? m_body->parser.content_length_remaining() : boost::none;
  return left ? static_cast<std::size_t>(std::max<std::uint64_t>(*left, 1)) : m_limits.header_bytes;
}

bool RequestReader::take_continue() {
  return std::exchange(m_continue, false);
}

RequestReader::Result RequestReader::feed(std::string_view bytes) {
  m_left.append(bytes);
  if (!m_body) {
    Result result = read_header();
    if (!m_body) return result;
  }
  return m_held ? Result() : read_body();
}

RequestReader::Result RequestReader::read_header() {
  if (m_left.empty()) return {};
  if (!is_method_character(m_left.front())) return malformed("this is not HTTP");
  const std::size_t end = m_left.find(kEndOfHeader);
  if (end == std::string::npos) {
    if (m_left.size() > m_limits.header_bytes) return too_large_header(m_limits);
    return {};
  }
  const std::size_t size = end + kEndOfHeader.size();
  if (size > m_limits.header_bytes) return too_large_header(m_limits);
  auto body = std::make_unique<Body>();
  Parser& parser = body->parser;
  parser.header_limit(static_cast<std::uint32_t>(m_limits.header_bytes));
  parser.body_limit(m_limits.body_bytes);
  error_code error;
  parser.put(asio::buffer(m_left.data(), size), error);
  if (error == http::error::body_limit) return too_large("body", m_limits.body_bytes, Limit::body_bytes);
  if (error) return malformed("this is not HTTP/1.1: " + error.message());
  if (!parser.is_header_done()) return malformed("the header does not end where it seems to");
  if (auto fault = find_fault(std::string_view(m_left).substr(0, end), parser.get()))
    return std::move(*fault);
  if (parser.get().method() != http::verb::post &&
      (parser.chunked() || parser.content_length().value_or(0) > 0))
    return malformed("only a POST has a body");
  m_continue = boost::beast::iequals(parser.get()[http::field::expect], "100-continue");
  // What is announced is made room for with the first byte of it.
  m_held = parser.content_length().value_or(0) > m_limits.header_bytes;
  body->message = message_of(parser.get());
  m_left.erase(0, size);
  m_body = std::move(body);
  return {};
}

RequestReader::Result RequestReader::read_body() {
  Parser& parser = m_body->parser;
  parser.eager(true);
  error_code error;
  // A chunked body that is not at its end has at least "0\r\n\r\n" to come; with less of it, Beast asserts.
  const std::size_t least = parser.chunked() ? 5 : 1;
  while (!parser.is_done() && m_left.size() >= least) {
    const std::size_t taken = parser.put(asio::buffer(m_left), error);
    m_left.erase(0, taken);
    if (error == http::error::need_more || (!error && taken == 0)) break;
    if (error == http::error::body_limit) return too_large("body", m_limits.body_bytes, Limit::body_bytes);
    if (error) return malformed("this is not HTTP/1.1: " + error.message());
  }
  if (!parser.is_done()) {
    // The line before a chunk, without end.
    if (m_left.size() > m_limits.header_bytes) return too_large_header(m_limits);
    return {};
  }
  Ready ready{std::move(m_body->message), parser.get().keep_alive()};
  ready.message.body = std::move(parser.get().body());
  m_body.reset();
  m_continue = false;
  m_left.shrink_to_fit();  // kept while the client waits
  return ready;
}

}  // namespace jit::server
