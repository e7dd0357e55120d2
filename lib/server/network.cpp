// All of Boost.Beast is here: it takes half a minute to compile.
#include "server/network.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <csignal>
#include <list>
#include <unordered_map>

#include "server/listen.hpp"
#include "server/systemd.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::awaitable;
using asio::use_awaitable;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Tcp = beast::basic_stream<asio::ip::tcp, asio::io_context::executor_type>;
using Unix = beast::basic_stream<asio::local::stream_protocol, asio::io_context::executor_type>;
using Tls = beast::ssl_stream<Tcp>;

constexpr std::size_t kPiece = 4096;
constexpr std::string_view kEndOfHeader = "\r\n\r\n";

/// Wakes who waits for a request (by id), or for any. All on the network's thread.
class Hub {
 public:
  using Timer = asio::steady_timer;
  using Waiting = std::list<Timer*>;

  /// While it lives, `timer` is cancelled when something changes.
  class Place {
   public:
    Place(Hub& hub, std::string id, Timer& timer) : m_hub(hub), m_id(std::move(id)) {
      Waiting& waiting = m_hub.m_waiting[m_id];
      m_at = waiting.insert(waiting.end(), &timer);
    }
    ~Place() {
      const auto found = m_hub.m_waiting.find(m_id);
      found->second.erase(m_at);
      if (found->second.empty()) m_hub.m_waiting.erase(found);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    Hub& m_hub;
    std::string m_id;
    Waiting::iterator m_at;
  };

  void wake(const std::string& id) {
    for (const std::string& name : {id, std::string()}) {
      const auto found = m_waiting.find(name);
      if (found == m_waiting.end()) continue;
      for (Timer* timer : found->second) timer->expires_at(Clock::time_point::min());
    }
  }
  void wake_all() {
    for (auto& [id, waiting] : m_waiting) {
      for (Timer* timer : waiting) timer->expires_at(Clock::time_point::min());
    }
  }

 private:
  std::unordered_map<std::string, Waiting> m_waiting;
};

/// What all connections share.
struct Shared {
  explicit Shared(const Network& served) : network(served) {}

  const Network& network;
  Hub hub;
  std::unique_ptr<Engine> engine;
  std::size_t connections = 0;
  std::unordered_map<std::string, std::size_t> by_address;
  bool stopping = false;
  asio::io_context io{1};  // last: what still waits in it uses all of the above when it goes
};

awaitable<Reply> ask_engine(Shared& shared, Claim claim, Message message) {
  auto start = [&shared, claim = std::move(claim), message = std::move(message)](auto handler) mutable {
    auto kept = std::make_shared<decltype(handler)>(std::move(handler));
    shared.engine->handle(std::move(claim), std::move(message), [&shared, kept](Reply reply) {
      asio::post(shared.io, [kept, reply = std::move(reply)]() mutable { (*kept)(std::move(reply)); });
    });
  };
  return asio::async_initiate<decltype(use_awaitable), void(Reply)>(std::move(start), use_awaitable);
}

using EventsReply = std::pair<Reply, Api::Events>;
awaitable<EventsReply> ask_events(Shared& shared, Claim claim, std::optional<std::int64_t> after) {
  auto start = [&shared, after, claim = std::move(claim)](auto handler) mutable {
    auto kept = std::make_shared<decltype(handler)>(std::move(handler));
    shared.engine->events(std::move(claim), after, [&shared, kept](Reply reply, Api::Events events) {
      asio::post(shared.io, [kept, both = EventsReply(std::move(reply), std::move(events))]() mutable {
        (*kept)(std::move(both));
      });
    });
  };
  return asio::async_initiate<decltype(use_awaitable), void(EventsReply)>(std::move(start), use_awaitable);
}

// "wait=25" among the preferences (RFC 7240), in seconds.
std::optional<std::chrono::seconds> wanted_wait(const std::string& prefer, std::chrono::seconds most) {
  const std::size_t at = prefer.find("wait=");
  if (at == std::string::npos || (at > 0 && std::isalnum(static_cast<unsigned char>(prefer[at - 1])) != 0))
    return std::nullopt;
  long seconds = 0;
  for (std::size_t i = at + 5; i < prefer.size() && prefer[i] >= '0' && prefer[i] <= '9' && seconds < 100'000;
       ++i)
    seconds = seconds * 10 + (prefer[i] - '0');
  return std::min(std::chrono::seconds(seconds), most);
}

// The id of GET /v1/requests/ID, where a reply may be waited for.
std::string waited_for(const Message& message) {
  constexpr std::string_view kPath = "/v1/requests/";
  if (message.method != "GET" || !message.target.starts_with(kPath)) return "";
  return message.target.substr(kPath.size());
}

// Beast takes a header that goes on in the next line (obs-fold), and requests that do not say whom they are
// for; both are what a proxy in front may read otherwise (RFC 9112, 3.2 and 5.2).
std::optional<Reply> malformed(std::string_view header, const http::request<http::string_body>& request) {
  const auto wrong = [](const char* why) { return problem(400, "bad-request", why); };
  if (header.find("\r\n ") != std::string_view::npos || header.find("\r\n\t") != std::string_view::npos)
    return wrong("a header is folded");
  if (request.version() != 11) return wrong("only HTTP/1.1 is spoken here");
  if (request.count(http::field::host) != 1) return wrong("there must be one header Host");
  if (request.count(http::field::transfer_encoding) > 0 && request.count(http::field::content_length) > 0)
    return wrong("Content-Length and Transfer-Encoding contradict each other");
  for (const auto field :
       {http::field::authorization, http::field::content_length, http::field::if_none_match}) {
    if (request.count(field) > 1) return wrong("a header is given twice");
  }
  if (request.count("Idempotency-Key") > 1) return wrong("the header Idempotency-Key is given twice");
  return std::nullopt;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

/// One connection, of any kind of stream.
template <typename Stream>
class Session {
 public:
  Session(Shared& shared, Stream& stream, std::optional<Caller> known)
      : m_shared(shared), m_stream(stream), m_known(std::move(known)) {}

  awaitable<void> run() {
    while (!m_shared.stopping) {
      std::optional<Message> message;
      bool keep = true;
      std::optional<Reply> reply;
      {
        // Freed while the client waits.
        beast::flat_buffer buffer(m_limits.header_bytes + kPiece);
        buffer.commit(asio::buffer_copy(buffer.prepare(m_left.size()), asio::buffer(m_left)));
        m_left.clear();
        m_left.shrink_to_fit();
        if (!co_await read_header(buffer)) co_return;
        http::request_parser<http::string_body> parser;
        parser.header_limit(static_cast<std::uint32_t>(m_limits.header_bytes));
        parser.body_limit(m_limits.body_bytes);
        error_code error;
        const std::string header = header_of(buffer);
        beast::get_lowest_layer(m_stream).expires_after(m_limits.for_a_request);
        co_await http::async_read_header(m_stream, buffer, parser,
                                         asio::redirect_error(use_awaitable, error));
        if (!error) reply = malformed(header, parser.get());
        if (!error && !reply) {
          if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
            constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
            co_await asio::async_write(m_stream, asio::buffer(kContinue),
                                       asio::redirect_error(use_awaitable, error));
          }
          if (!error)
            co_await http::async_read(m_stream, buffer, parser, asio::redirect_error(use_awaitable, error));
        }
        if (error) {
          reply = wrong_request(error);
          if (!reply) co_return;
        }
        keep = !reply && parser.get().keep_alive();
        if (!reply) message = message_of(parser.release());
        const auto rest = buffer.cdata();
        m_left.assign(static_cast<const char*>(rest.data()), rest.size());
      }
      if (!reply && message->method == "GET" && message->target == "/v1/events") {
        co_await send_events(*message);
        co_return;
      }
      if (!reply) reply = co_await answer(*message);
      m_shared.engine->metrics().count(reply->status);
      const bool head_only = message && message->method == "HEAD";
      if (!co_await send(std::move(*reply), keep && !m_shared.stopping, head_only) || !keep) co_return;
    }
  }

 private:
  // What is looked at before Beast reads it.
  awaitable<bool> read_header(beast::flat_buffer& buffer) {
    beast::get_lowest_layer(m_stream).expires_after(m_limits.idle);
    while (true) {
      const std::string_view read(static_cast<const char*>(buffer.cdata().data()), buffer.size());
      if (read.find(kEndOfHeader) != std::string_view::npos || read.size() > m_limits.header_bytes)
        co_return true;
      error_code error;
      const bool first = buffer.size() == 0;
      const std::size_t count = co_await m_stream.async_read_some(
          buffer.prepare(std::min(kPiece, buffer.max_size() - buffer.size())),
          asio::redirect_error(use_awaitable, error));
      buffer.commit(count);
      if (error) co_return false;  // gone, or too slow
      if (first) beast::get_lowest_layer(m_stream).expires_after(m_limits.for_a_request);
    }
  }

  static std::string header_of(const beast::flat_buffer& buffer) {
    const std::string_view read(static_cast<const char*>(buffer.cdata().data()), buffer.size());
    return std::string(read.substr(0, read.find(kEndOfHeader)));
  }

  std::optional<Reply> wrong_request(error_code error) const {
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
      return problem(431, "header-too-large",
                     "the header is larger than " + std::to_string(m_limits.header_bytes) + " bytes");
    if (error == http::error::body_limit)
      return problem(413, "body-too-large",
                     "the body is larger than " + std::to_string(m_limits.body_bytes) + " bytes");
    if (error.category() == http::make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message)
      return problem(400, "bad-request", "this is not HTTP/1.1: " + error.message());
    return std::nullopt;
  }

  static Message message_of(http::request<http::string_body> request) {
    Message message{
        std::string(request.method_string()), std::string(request.target()), {}, std::move(request.body())};
    for (const auto& field : request) {
      std::string& value = message.headers[lower(field.name_string())];
      if (!value.empty()) value += ", ";
      value += field.value();
    }
    return message;
  }

  Claim claim_of(const Message& message) const { return {m_known, message.header("authorization")}; }

  awaitable<Reply> answer(const Message& message) {
    if (message.target == "/healthz") co_return Reply{200, {{"Content-Type", "text/plain"}}, "ok\n"};
    if (message.target == "/openapi.json") co_return openapi_reply();
    if (message.target == "/metrics" && message.method != "GET")
      co_return problem(405, "method-not-allowed", "only GET is answered here");
    if (message.target == "/readyz") {
      const bool ready = m_shared.engine->ready() && !m_shared.stopping;
      co_return Reply{ready ? 200 : 503, {{"Content-Type", "text/plain"}}, ready ? "ready\n" : "not ready\n"};
    }
    const auto wait = wanted_wait(message.header("prefer"), m_limits.longest_wait);
    const std::string id = wait ? waited_for(message) : "";
    if (id.empty()) co_return co_await ask_engine(m_shared, claim_of(message), message);
    const auto until = Clock::now() + *wait;
    Hub::Timer timer(m_shared.io);
    while (true) {
      timer.expires_at(until);
      const Hub::Place place(m_shared.hub, id, timer);  // before it is looked at: no change is missed
      Reply reply = co_await ask_engine(m_shared, claim_of(message), message);
      reply.headers["Preference-Applied"] = "wait";
      if (reply.status != 304 || Clock::now() >= until || m_shared.stopping) co_return reply;
      error_code error;
      ++m_shared.engine->metrics().waiting;
      co_await timer.async_wait(asio::redirect_error(use_awaitable, error));
      --m_shared.engine->metrics().waiting;
    }
  }

  awaitable<bool> send(Reply reply, bool keep, bool head_only) {
    http::response<http::string_body> response{static_cast<http::status>(reply.status), 11};
    for (const auto& [name, value] : reply.headers) response.set(name, value);
    response.set("Cache-Control", "no-store");
    response.set("X-Content-Type-Options", "nosniff");
    response.keep_alive(keep);
    response.body() = std::move(reply.body);
    if (reply.status != 204 && reply.status != 304) response.prepare_payload();
    if (head_only) response.body().clear();
    error_code error;
    beast::get_lowest_layer(m_stream).expires_after(m_limits.for_a_reply);
    http::response_serializer<http::string_body> serializer(response);
    co_await http::async_write(m_stream, serializer, asio::redirect_error(use_awaitable, error));
    co_return !error;
  }

  awaitable<bool> send_piece(const std::string& text) {
    error_code error;
    beast::get_lowest_layer(m_stream).expires_after(m_limits.for_a_reply);
    co_await asio::async_write(m_stream, asio::buffer(text), asio::redirect_error(use_awaitable, error));
    co_return !error;
  }

  // Server-sent events until the client goes, the token ends or the server stops.
  awaitable<void> send_events(const Message& message) {
    std::optional<std::int64_t> known;
    const std::string last = message.header("last-event-id");
    if (!last.empty() && last.size() < 16 && last.find_first_not_of("0123456789") == std::string::npos)
      known = std::stoll(last);
    Hub::Timer timer(m_shared.io);
    bool begun = false;
    while (!m_shared.stopping) {
      timer.expires_after(std::chrono::seconds(15));  // a comment now and then tells proxies that it lives
      const Hub::Place place(m_shared.hub, "", timer);
      auto [reply, events] = co_await ask_events(m_shared, claim_of(message), known);
      if (reply.status != 200) {
        if (!begun) co_await send(std::move(reply), false, false);
        co_return;
      }
      std::string text = std::move(events.text);
      if (!begun)
        text =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: "
            "close\r\n\r\n" +
            (known ? "" : "id: " + std::to_string(events.last) + "\nevent: change\ndata: {}\n\n") + text;
      const bool more = known && *known != events.last;
      known = events.last;
      if (text.empty()) text = ":\n\n";
      begun = true;
      if (!co_await send_piece(text)) co_return;
      if (more) continue;
      error_code error;
      co_await timer.async_wait(asio::redirect_error(use_awaitable, error));
    }
  }

  Shared& m_shared;
  Stream& m_stream;
  const Limits& m_limits = m_shared.network.limits;
  std::optional<Caller> m_known;
  std::string m_left;  // what came behind the last request
};

/// Counts a connection while it lives.
class Counted {
 public:
  Counted(Shared& shared, std::string address) : m_shared(shared), m_address(std::move(address)) {
    ++m_shared.connections;
    ++m_shared.engine->metrics().connections;
    ++m_shared.by_address[m_address];
  }
  ~Counted() {
    --m_shared.connections;
    if (m_shared.engine) --m_shared.engine->metrics().connections;  // it is gone before the last of them
    const auto found = m_shared.by_address.find(m_address);
    if (--found->second == 0) m_shared.by_address.erase(found);
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  bool too_many() const {
    const Limits& limits = m_shared.network.limits;
    return m_shared.connections > limits.connections ||
           m_shared.by_address[m_address] > limits.connections_per_address;
  }

 private:
  Shared& m_shared;
  std::string m_address;
};

template <typename Socket>
std::string peer_address(const Socket& socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  return error ? "" : endpoint.address().to_string();
}

unsigned peer_uid(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    throw util::SystemError(errno, "who is at the other end of the socket");
  return peer.uid;
}

awaitable<void> tcp_session(
    Shared& shared, asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type> socket) {
  const Counted counted(shared, peer_address(socket));
  if (counted.too_many()) co_return;
  error_code error;
  socket.set_option(asio::ip::tcp::no_delay(true), error);
  Tcp stream(std::move(socket));
  co_await Session<Tcp>(shared, stream, std::nullopt).run();
  stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
}

awaitable<void> tls_session(
    Shared& shared, std::shared_ptr<asio::ssl::context> context,
    asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type> socket) {
  const Counted counted(shared, peer_address(socket));
  if (counted.too_many()) co_return;
  error_code error;
  socket.set_option(asio::ip::tcp::no_delay(true), error);
  Tls stream(Tcp(std::move(socket)), *context);
  beast::get_lowest_layer(stream).expires_after(shared.network.limits.for_a_request);
  co_await stream.async_handshake(asio::ssl::stream_base::server, asio::redirect_error(use_awaitable, error));
  if (error) co_return;
  co_await Session<Tls>(shared, stream, std::nullopt).run();
  beast::get_lowest_layer(stream).expires_after(std::chrono::seconds(2));
  co_await stream.async_shutdown(asio::redirect_error(use_awaitable, error));
}

awaitable<void> unix_session(
    Shared& shared,
    asio::basic_stream_socket<asio::local::stream_protocol, asio::io_context::executor_type> socket) {
  const unsigned uid = peer_uid(socket.native_handle());
  const Counted counted(shared, "uid " + std::to_string(uid));
  if (counted.too_many()) co_return;
  Unix stream(std::move(socket));
  co_await Session<Unix>(shared, stream, local_caller(uid)).run();
}

void on_end(Shared& shared, const std::exception_ptr& failure) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    shared.network.log(std::string("connection: ") + error.what());
  }
}

template <typename Protocol, typename Start>
awaitable<void> accept_all(Shared& shared,
                           asio::basic_socket_acceptor<Protocol, asio::io_context::executor_type> acceptor,
                           Start start) {
  while (!shared.stopping) {
    error_code error;
    auto socket = co_await acceptor.async_accept(asio::redirect_error(use_awaitable, error));
    if (shared.stopping) co_return;
    if (error) {
      // No descriptor left, for one: wait until some are free.
      asio::steady_timer pause(shared.io, std::chrono::milliseconds(100));
      co_await pause.async_wait(use_awaitable);
      continue;
    }
    asio::co_spawn(shared.io, start(std::move(socket)),
                   [&shared](const std::exception_ptr& end) { on_end(shared, end); });
  }
}

std::shared_ptr<asio::ssl::context> tls_context(const Network& network) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  error_code error;
  ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  ::SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  ::SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);  // while they wait
  context->use_certificate_chain_file(network.certificate, error);
  if (error)
    throw util::UsageError("the certificate " + util::visible(network.certificate) + ": " + error.message(),
                           "a PEM file: the server's certificate, then those in between");
  context->use_private_key_file(network.key, asio::ssl::context::pem, error);
  if (error)
    throw util::UsageError("the key " + util::visible(network.key) + ": " + error.message(), "a PEM file");
  return context;
}

using TcpAcceptor = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;
using UnixAcceptor =
    asio::basic_socket_acceptor<asio::local::stream_protocol, asio::io_context::executor_type>;

[[noreturn]] void cannot_listen(const Endpoint& endpoint, const error_code& error) {
  throw util::UsageError("cannot listen on " + util::visible(to_url(endpoint)) + ": " + error.message());
}

TcpAcceptor open_tcp(asio::io_context& io, Endpoint& endpoint) {
  TcpAcceptor acceptor(io);
  error_code error;
  if (endpoint.inherited) {
    const bool six = endpoint.host.find(':') != std::string::npos;
    acceptor.assign(six ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), *endpoint.inherited, error);
    if (error) cannot_listen(endpoint, error);
    return acceptor;
  }
  const asio::ip::tcp::endpoint at(asio::ip::make_address(endpoint.host), endpoint.port);
  acceptor.open(at.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(at, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) cannot_listen(endpoint, error);
  endpoint.port = acceptor.local_endpoint().port();
  return acceptor;
}

// A socket of a server that is gone is in the way; one of a server that runs is not ours to take.
void remove_stale(asio::io_context& io, const Endpoint& endpoint) {
  struct stat status {};
  if (::lstat(endpoint.host.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  asio::local::stream_protocol::socket probe(io);
  error_code error;
  probe.connect(asio::local::stream_protocol::endpoint(endpoint.host), error);
  if (error == asio::error::connection_refused) ::unlink(endpoint.host.c_str());
}

UnixAcceptor open_unix(asio::io_context& io, const Endpoint& endpoint) {
  UnixAcceptor acceptor(io);
  error_code error;
  if (endpoint.inherited) {
    acceptor.assign(asio::local::stream_protocol(), *endpoint.inherited, error);
    if (error) cannot_listen(endpoint, error);
    return acceptor;
  }
  remove_stale(io, endpoint);
  acceptor.open(asio::local::stream_protocol(), error);
  const mode_t before = ::umask(0);  // everybody may knock: the kernel says who it is
  if (!error) acceptor.bind(asio::local::stream_protocol::endpoint(endpoint.host), error);
  ::umask(before);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) cannot_listen(endpoint, error);
  return acceptor;
}

void listen_on(Shared& shared, Endpoint& endpoint) {
  if (endpoint.kind == Endpoint::Kind::unix_socket) {
    auto start = [&shared](auto socket) { return unix_session(shared, std::move(socket)); };
    asio::co_spawn(shared.io,
                   accept_all<asio::local::stream_protocol>(shared, open_unix(shared.io, endpoint), start),
                   asio::detached);
    return;
  }
  auto acceptor = open_tcp(shared.io, endpoint);
  if (endpoint.kind == Endpoint::Kind::http) {
    auto start = [&shared](auto socket) { return tcp_session(shared, std::move(socket)); };
    asio::co_spawn(shared.io, accept_all<asio::ip::tcp>(shared, std::move(acceptor), start), asio::detached);
    return;
  }
  auto start = [&shared, context = tls_context(shared.network)](auto socket) {
    return tls_session(shared, context, std::move(socket));
  };
  asio::co_spawn(shared.io, accept_all<asio::ip::tcp>(shared, std::move(acceptor), start), asio::detached);
}

awaitable<void> obey_signals(Shared& shared) {
  asio::signal_set signals(shared.io, SIGTERM, SIGINT, SIGHUP);
  while (co_await signals.async_wait(use_awaitable) == SIGHUP) shared.engine->reload();
  shared.network.log("stopping");
  notify_manager("STOPPING=1");
  shared.stopping = true;
  shared.hub.wake_all();
  // Who waits gets an answer, and asks again.
  asio::steady_timer last(shared.io, std::chrono::milliseconds(300));
  co_await last.async_wait(use_awaitable);
  shared.io.stop();
}

}  // namespace

void check(const Network& network) {
  for (const std::string& url : network.listen) {
    if (parse_endpoint(url).kind == Endpoint::Kind::https) (void)tls_context(network);
  }
}

void serve(Engine::Options options, const Network& network) {
  ::signal(SIGPIPE, SIG_IGN);
  std::vector<Endpoint> endpoints;
  for (const std::string& url : network.listen) endpoints.push_back(parse_endpoint(url));
  for (const int fd : inherited_sockets())
    endpoints.push_back(inherited_endpoint(fd, !network.certificate.empty()));
  if (endpoints.empty())
    throw util::UsageError("there is nothing to listen on",
                           "--listen https://ADDRESS:PORT or --listen unix:/PATH");
  Shared shared(network);
  options.changed = [&shared](const std::string& id) {
    asio::post(shared.io, [&shared, id] { shared.hub.wake(id); });
  };
  shared.engine = std::make_unique<Engine>(std::move(options));
  std::vector<std::string> urls;
  for (Endpoint& endpoint : endpoints) {
    listen_on(shared, endpoint);
    urls.push_back(to_url(endpoint));
  }
  asio::co_spawn(shared.io, obey_signals(shared), asio::detached);
  if (network.ready) network.ready(urls);
  notify_manager("READY=1");
  shared.io.run();
  shared.engine.reset();  // what is under way is finished first
  for (const Endpoint& endpoint : endpoints) {
    if (endpoint.kind == Endpoint::Kind::unix_socket && !endpoint.inherited) ::unlink(endpoint.host.c_str());
  }
}

}  // namespace jit::server
