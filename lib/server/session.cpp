#include "server/session.hpp"

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "server/asking.hpp"
#include "server/reader.hpp"
#include "server/trail.hpp"

namespace jit::server {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

// The id of GET /v1/requests/ID, where a change may be waited for.
std::string waited_for(const Message& message) {
  constexpr std::string_view kPath = "/v1/requests/";
  if (message.method != "GET" || !message.target.starts_with(kPath)) return "";
  return message.target.substr(kPath.size());
}

bool wants_events(const Message& message) {
  constexpr std::string_view kPath = "/v1/events";
  return message.method == "GET" && message.target.substr(0, message.target.find('?')) == kPath;
}

/// Counts a user's stream of events while it lives.
class CountedStream {
 public:
  CountedStream(Shared& shared, std::string user) : m_shared(shared), m_user(std::move(user)) {
    ++m_shared.streams[m_user];
  }
  ~CountedStream() {
    const auto found = m_shared.streams.find(m_user);
    if (--found->second == 0) m_shared.streams.erase(found);
  }
  CountedStream(const CountedStream&) = delete;
  CountedStream& operator=(const CountedStream&) = delete;
  bool is_too_many() const { return m_shared.streams.at(m_user) > m_shared.settings.limits.streams_per_user; }

 private:
  Shared& m_shared;
  const std::string m_user;
};

class Session {
 public:
  Session(Shared& shared, Stream& stream, const Peer& peer)
      : m_shared(shared),
        m_stream(stream),
        m_peer(peer),
        m_body(shared.bodies),
        m_reply(shared.replies),
        m_reader(shared.settings.limits) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  awaitable<void> run() {
    while (!m_shared.stopping) {
      auto received = co_await receive();
      if (!received || is_outdated()) break;
      if (const auto* wrong = std::get_if<RequestReader::Wrong>(&*received)) {
        if (wrong->limit) m_shared.metrics.count(*wrong->limit);
        if (const Message* message = m_reader.message()) write_down(*message, wrong->reply, {});
        co_await turn_away(m_shared, m_stream, wrong->reply);
        co_return;
      }
      auto& ready = std::get<RequestReader::Ready>(*received);
      const bool keep = ready.keep_alive;
      if (!co_await serve(std::move(ready.message), keep) || !keep) break;
    }
    co_await m_stream.finish();
  }

 private:
  using Received = std::variant<RequestReader::Ready, RequestReader::Wrong>;

  // nullopt when no more will come.
  awaitable<std::optional<Received>> receive() {
    bool begun = m_reader.begun();
    m_stream.limit(begun ? m_limits.request_time : m_limits.idle_time);
    auto result = m_reader.feed("");
    m_sender.clear();
    while (std::holds_alternative<std::monostate>(result)) {
      const bool must_be_told = m_reader.take_continue();
      const bool is_large = m_reader.message() != nullptr && m_reader.size() > m_limits.header_bytes;
      if (must_be_told || is_large || m_reader.is_held()) {
        if (auto refused = co_await find_objection()) co_return std::move(*refused);
      }
      if (m_reader.is_held()) {
        m_reader.allow();
        result = m_reader.feed("");
        if (!std::holds_alternative<std::monostate>(result)) break;
      }
      if (must_be_told && !co_await m_stream.write("HTTP/1.1 100 Continue\r\n\r\n")) co_return std::nullopt;
      const std::size_t most = std::min(m_reader.wanted(), s_bytes.size());
      const std::size_t count = co_await m_stream.read(s_bytes.data(), most);
      if (count == 0) co_return too_slow();
      result = m_reader.feed({s_bytes.data(), count});
      if (!begun) m_stream.limit(m_limits.request_time);
      begun = true;
    }
    if (auto* ready = std::get_if<RequestReader::Ready>(&result)) co_return std::move(*ready);
    co_return std::move(std::get<RequestReader::Wrong>(result));
  }

  // To a body that is not small yet: nobody's is kept, and of nobody too much.
  awaitable<std::optional<RequestReader::Wrong>> find_objection() {
    if (m_reader.message()->target == kSlackPath) {
      if (!m_shared.slack) co_return refusal_of(slack_is_off(), std::nullopt);
      if (m_reader.size() > kLongestSlackBody) co_return refusal_of(too_large_for_slack(), std::nullopt);
      m_sender = "(slack)";  // one share for all that is sent there
    }
    if (m_sender.empty()) {
      Reply reply = co_await identify(claim_of(*m_reader.message()));
      if (reply.status != 204) co_return refusal_of(std::move(reply), std::nullopt);
      m_sender = std::move(reply.user);
    }
    if (m_body.resize(m_sender, m_reader.size())) co_return std::nullopt;
    co_return refusal_of(
        later(503, "overloaded", "too much is being sent to this server", "try again a little later"),
        Limit::buffered_bytes);
  }

  // Whose it is, and that it may go on: 204.
  awaitable<Reply> identify(Claim claim) {
    claim.is_all = true;
    Message nothing;  // has a name: GCC 12 frees an aggregate that is made within a co_await twice
    co_return co_await ask(m_shared, std::move(claim), std::move(nothing));
  }

  static std::optional<RequestReader::Wrong> refusal_of(Reply reply, std::optional<Limit> limit) {
    return RequestReader::Wrong{std::move(reply), limit};
  }

  std::optional<Received> too_slow() const {
    if (!m_stream.is_late() || !m_reader.begun()) return std::nullopt;
    return RequestReader::Wrong{
        problem(408, "too-slow", "the request was not whole in time", "send it faster, or in smaller pieces"),
        Limit::request_time};
  }

  // Replies that nobody takes are kept no more than bodies are. What was asked for is done: asked again with
  // its Idempotency-Key, it is answered.
  void fit(Reply& reply) {
    // Those who are not known have one share together: addresses cost nothing.
    if (m_reply.resize(reply.user, reply.body.size())) return;
    m_shared.metrics.count(Limit::buffered_bytes);
    Reply refusal = later(503, "overloaded", "too much is being sent by this server, and not taken",
                          "take what was asked for; then ask again, with the same Idempotency-Key");
    refusal.user = std::move(reply.user);
    reply = std::move(refusal);
  }

  awaitable<bool> serve(Message message, bool keep) {
    const auto began = Clock::now();
    if (wants_events(message)) {
      co_await send_events(std::move(message));
      co_return false;
    }
    // Who waits does so with as few coroutines as can be: of those there are many.
    const auto wait = wanted_wait(message.header("prefer"));
    const std::string id = wait ? waited_for(message) : "";
    Reply reply;
    if (id.empty()) {
      reply = co_await answer(message);
    } else {
      reply = co_await answer_when_changed(message, id, *wait);
    }
    message.body = {};
    m_body.release();
    if (m_gone || is_outdated()) co_return false;
    fit(reply);
    write_down(message, reply, Clock::now() - began);
    keep = keep && !m_shared.stopping;
    co_return co_await send(std::move(reply), keep, message.method == "HEAD") && keep;
  }

  // Known by a certificate, and what certificates are good for has been loaded anew since, or it has ended: a
  // new connection tells what it is worth now.
  bool is_outdated() const {
    return m_peer.certificates && (*m_peer.certificates != m_shared.certificates ||
                                   std::chrono::system_clock::now() >= m_peer.certificate_until);
  }

  void write_down(const Message& message, const Reply& reply, Clock::duration took) const {
    using Logged = Settings::Logged;
    const Logged wanted = m_shared.settings.log_requests;
    if (wanted == Logged::none || (wanted == Logged::changes && !message.is_change() && reply.status < 400))
      return;
    constexpr std::size_t kLongest = 200;
    const std::chrono::milliseconds ms = std::chrono::duration_cast<std::chrono::milliseconds>(took);
    m_shared.log.info("request", {{"from", m_peer.address},
                                  {"user", reply.user},
                                  {"method", message.method.substr(0, kLongest)},
                                  {"path", message.target.substr(0, kLongest)},
                                  {"status", reply.status},
                                  {"request", reply.request},
                                  {"state", reply.state},
                                  {"why", reply.why.substr(0, kLongest)},
                                  {"ms", ms.count()}});
  }

  Claim claim_of(const Message& message, bool again = false) const {
    return {m_peer.known, m_peer.may_have_token ? message.header("authorization") : "", again};
  }

  awaitable<Reply> answer_slack(const Message& message) {
    if (!m_shared.slack) co_return slack_is_off();
    auto objection = m_shared.slack->objection(message, util::wall_clock(), Clock::now());
    if (objection) {
      if (objection->status == 429) ++m_shared.metrics.unauthorized;  // as each 401 is
      co_return std::move(*objection);
    }
    Claim claim;  // not by what the connection says
    claim.is_slack = true;
    co_return co_await ask(m_shared, std::move(claim), message);
  }

  // What is judged by what is active now waits until that is known; nobody else does, and for nobody who is
  // not known is it asked.
  awaitable<Reply> answer_judged(Message& message) {
    Reply known = co_await identify(claim_of(message, true));
    if (known.status != 204) co_return known;
    message.warnings = co_await look(m_shared);
    co_return co_await ask(m_shared, claim_of(message), message);
  }

  awaitable<Reply> answer(Message& message) {
    if (message.target == kSlackPath) co_return co_await answer_slack(message);
    if (!message.target.starts_with("/v1/") && message.method != "GET" && message.method != "HEAD")
      co_return method_not_allowed("GET");
    if (message.target == "/healthz") co_return Reply{200, {{"Content-Type", "text/plain"}}, "ok\n"};
    if (message.target == "/openapi.json") co_return openapi_reply();
    if (message.target == "/readyz") {
      const bool ready = m_shared.engine->ready() && !m_shared.stopping;
      co_return Reply{ready ? 200 : 503, {{"Content-Type", "text/plain"}}, ready ? "ready\n" : "not ready\n"};
    }
    if (message.is_judged() && m_shared.lookout->has_sources()) co_return co_await answer_judged(message);
    co_return co_await ask(m_shared, claim_of(message), message);
  }

  awaitable<Reply> answer_when_changed(const Message& message, const std::string& id,
                                       std::chrono::milliseconds wait) {
    const auto until = Clock::now() + std::min(wait, m_limits.longest_wait);
    Hub::Timer timer(m_shared.io);
    bool again = false;
    while (true) {
      timer.expires_at(until);
      const Hub::Place place(m_shared.hub, id, timer);  // before it is looked at: no change is missed
      Reply reply = co_await ask(m_shared, claim_of(message, again), message);
      reply.headers["Preference-Applied"] = "wait";
      if (reply.status != 304 || Clock::now() >= until || m_shared.stopping) co_return reply;
      reply = {};
      error_code error;
      ++m_shared.metrics.waiting;
      co_await timer.async_wait(asio::redirect_error(use_awaitable, error));
      --m_shared.metrics.waiting;
      m_gone = m_stream.is_gone();
      if (m_gone || is_outdated()) co_return Reply{};
      again = true;
    }
  }

  awaitable<bool> send(Reply reply, bool keep, bool head_only) {
    m_shared.metrics.count(reply.status);
    std::string text = to_text(reply, keep, head_only);
    reply = {};
    co_return co_await send_text(std::move(text));
  }

  awaitable<bool> send_text(std::string text) {
    m_stream.limit(m_limits.reply_time);
    const bool sent = co_await m_stream.write(text);
    m_reply.release();
    if (!sent && m_stream.is_late()) m_shared.metrics.count(Limit::reply_time);
    co_return sent;
  }

  Reply too_many_streams(std::string user) {
    m_shared.metrics.count(Limit::streams_per_user);
    Reply refusal = later(429, "too-many-streams", "you follow too many streams of events already",
                          "close some, or use one for several readers");
    refusal.user = std::move(user);
    return refusal;
  }

  // Server-sent events until the client goes, its token ends or the server stops.
  awaitable<void> send_events(Message message) {
    std::string& known = message.headers["last-event-id"];
    Hub::Timer timer(m_shared.io);
    bool begun = false;
    std::optional<CountedStream> counted;
    while (!m_shared.stopping) {
      timer.expires_after(std::chrono::seconds(15));  // a comment now and then tells proxies that it lives
      const Hub::Place place(m_shared.hub, "", timer);
      Reply reply = co_await ask(m_shared, claim_of(message, begun), message);
      if (reply.status == 200 && !begun) {
        counted.emplace(m_shared, reply.user);
        if (counted->is_too_many()) reply = too_many_streams(std::move(reply.user));
      }
      if (reply.status != 200) {
        if (begun) co_return;
        write_down(message, reply, {});
        co_await send(std::move(reply), false, false);
        co_return;
      }
      if (is_outdated()) co_return;
      known = reply.headers[kLastEvent];
      const bool more = !reply.body.empty();
      std::string text = more ? std::move(reply.body) : ":\n\n";
      if (!begun) {
        m_shared.metrics.count(reply.status);
        text = header_text(reply) + "Connection: close\r\n\r\n" + text;
      }
      begun = true;
      if (!co_await send_text(std::move(text))) co_return;
      if (more) continue;
      error_code error;
      co_await timer.async_wait(asio::redirect_error(use_awaitable, error));
      if (m_stream.is_gone()) co_return;
    }
  }

  // Read into and used up before anything else runs: who waits needs none of its own.
  static inline thread_local std::array<char, 65536> s_bytes;

  Shared& m_shared;
  Stream& m_stream;
  const Peer& m_peer;
  const Limits& m_limits = m_shared.settings.limits;
  Budget::Hold m_body, m_reply;
  RequestReader m_reader;
  std::string m_sender;  // whose body is being read, once that had to be known
  bool m_gone = false;   // the client, while it waited
};

}  // namespace

awaitable<void> talk(Shared& shared, Stream& stream, const Peer& peer) {
  co_await Session(shared, stream, peer).run();
}

awaitable<void> turn_away(Shared& shared, Stream& stream, const Reply& reply) {
  shared.metrics.count(reply.status);
  const std::string text = to_text(reply, false, false);
  stream.limit(shared.settings.limits.reply_time);
  if (co_await stream.write(text)) co_await stream.finish();
}

}  // namespace jit::server
