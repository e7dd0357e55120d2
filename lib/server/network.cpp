#include "server/network.hpp"

#include <openssl/x509_vfy.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

#include "server/listen.hpp"
#include "server/session.hpp"
#include "server/systemd.hpp"
#include "store/clock.hpp"
#include "util/error.hpp"
#include "util/time.hpp"

namespace jit::server {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using boost::system::error_code;
using Kind = Endpoint::Kind;

// Those beyond the limit that are told so; more are only closed.
constexpr std::int64_t kTurnedAway = 256;

/// Counts a connection while it lives.
class Counted {
 public:
  Counted(Shared& shared, const std::string& address)
      : m_shared(shared), m_address(shared.by_address.try_emplace(address, 0).first->first) {
    ++m_shared.metrics.connections;
    ++m_shared.by_address[m_address];
  }
  ~Counted() {
    --m_shared.metrics.connections;
    const auto found = m_shared.by_address.find(m_address);
    if (--found->second == 0) m_shared.by_address.erase(found);
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

  std::optional<Limit> find_limit() const {
    const Limits& limits = m_shared.settings.limits;
    if (all() > static_cast<std::int64_t>(limits.connections)) return Limit::connections;
    if (m_shared.by_address.at(m_address) > limits.connections_per_address)
      return Limit::connections_per_address;
    return std::nullopt;
  }
  bool is_worth_a_word() const {
    const auto most = static_cast<std::int64_t>(m_shared.settings.limits.connections);
    return all() <= most + kTurnedAway;
  }

 private:
  std::int64_t all() const { return m_shared.metrics.connections; }

  Shared& m_shared;
  const std::string m_address;
};

Reply too_many(Limit limit) {
  return limit == Limit::connections
             ? later(503, "overloaded", "this server has too many connections", "try again a little later")
             : later(429, "too-many-connections", "there are too many connections from where you are",
                     "close some, or use one for several requests");
}

// False for a certificate that stands for nobody.
bool identify(const Shared& shared, const Stream& stream, Peer& peer) {
  const auto certificate = client_certificate(stream.tls());
  if (!certificate) return true;
  peer.known = certificate_caller(*certificate, shared.settings.client_users);
  peer.certificates = shared.certificates;
  peer.certificate_until = certificate->until;
  if (!peer.known)
    shared.log.warn("a certificate stands for nobody", {{"from", peer.address},
                                                        {"subject", certificate->subject},
                                                        {"fingerprint", certificate->fingerprint}});
  return peer.known.has_value();
}

Reply unknown_certificate() {
  return problem(403, "unknown-certificate", "this certificate stands for nobody here",
                 "ask an operator: client_users names whom a certificate stands for");
}

Reply unknown_user() {
  return problem(403, "unknown-user",
                 "the kernel cannot tell who you are: your user is not known to this server",
                 "ask from outside of your user namespace, or over https with a token");
}

// A certificate that is not good; what else fails a handshake is noise from the network.
void log_refused(Shared& shared, const Stream& stream, const Peer& peer) {
  const long result = ::SSL_get_verify_result(stream.tls());
  if (result == X509_V_OK) return;
  ++shared.metrics.unauthorized;
  shared.log.warn("a client's certificate was refused",
                  {{"from", peer.address}, {"reason", ::X509_verify_cert_error_string(result)}});
}

awaitable<void> connected(Shared& shared, util::Fd socket, Kind kind, std::shared_ptr<ssl_ctx_st> tls) {
  Peer peer{peer_of(socket.get()), std::nullopt, kind != Kind::unix_socket};
  if (kind == Kind::unix_socket) {
    const LocalPeer local = local_peer(socket.get());
    if (local.is_login_known) peer.known = local_caller(local.uid, local.login);
  }
  const Counted counted(shared, counted_as(peer.address));
  const auto limit = counted.find_limit();
  if (limit) shared.metrics.count(*limit);
  if (limit && !counted.is_worth_a_word()) co_return;
  Stream stream(shared.io, std::move(socket), tls.get());
  if (tls) {
    stream.limit(shared.settings.limits.request_time);
    if (!co_await stream.handshake()) {
      if (stream.is_late()) shared.metrics.count(Limit::request_time);
      log_refused(shared, stream, peer);
      co_return;
    }
  }
  if (limit) {
    co_await turn_away(shared, stream, too_many(*limit));
  } else if (tls && !identify(shared, stream, peer)) {
    ++shared.metrics.unauthorized;
    co_await turn_away(shared, stream, unknown_certificate());
  } else if (kind == Kind::unix_socket && !peer.known) {
    ++shared.metrics.unauthorized;
    co_await turn_away(shared, stream, unknown_user());
  } else {
    co_await talk(shared, stream, peer);
  }
}

void on_end(const Shared& shared, const std::exception_ptr& failure) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    shared.log.warn(std::string("a connection ended: ") + error.what());
  }
}

// False when no more can be accepted now: no descriptor is left, for one.
bool accept_those_there(Shared& shared, const Listener& listener) {
  constexpr int kAtOnce = 64;
  for (int i = 0; i < kAtOnce; ++i) {
    util::Fd socket(::accept4(listener.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
    const Kind kind = listener.endpoint.kind;
    asio::co_spawn(shared.io,
                   connected(shared, std::move(socket), kind, kind == Kind::https ? shared.tls : nullptr),
                   [&shared](const std::exception_ptr& end) { on_end(shared, end); });
  }
  return true;
}

awaitable<void> accept_all(Shared& shared, const Listener& listener) {
  // A descriptor of its own: the listener's closes the socket at the end.
  asio::posix::stream_descriptor socket(shared.io, ::fcntl(listener.socket.get(), F_DUPFD_CLOEXEC, 0));
  while (!shared.stopping) {
    error_code error;
    co_await socket.async_wait(asio::posix::stream_descriptor::wait_read,
                               asio::redirect_error(use_awaitable, error));
    if (shared.stopping || error) co_return;
    if (accept_those_there(shared, listener)) continue;
    asio::steady_timer pause(shared.io, std::chrono::milliseconds(100));
    co_await pause.async_wait(use_awaitable);
  }
}

std::optional<std::string> warning_of_end(const SSL_CTX& tls) {
  constexpr auto kSoon = std::chrono::hours(24 * 14);
  const auto end = certificate_end(tls);
  if (end - std::chrono::system_clock::now() >= kSoon) return std::nullopt;
  return "the server's certificate ends at " +
         util::to_rfc3339(std::chrono::time_point_cast<util::Millis>(end)) +
         ": put a new one in its place and send SIGHUP";
}

void use_tls(Shared& shared) {
  shared.tls = load_tls(shared.settings.tls);
  shared.metrics.certificate_end =
      std::chrono::duration_cast<std::chrono::seconds>(certificate_end(*shared.tls).time_since_epoch())
          .count();
  if (const auto warning = warning_of_end(*shared.tls)) shared.log.warn(*warning);
}

void use_slack(Shared& shared) {
  const SlackSettings& slack = shared.settings.slack;
  require_consistent(slack);
  if (slack.is_on()) shared.slack.emplace(read_signing_secret(slack.secret_file));
}

void reload_slack(Shared& shared) {
  if (!shared.slack) return;
  try {
    use_slack(shared);
    shared.log.info("slack_signing_secret_file: loaded anew");
  } catch (const util::Error& error) {
    ++shared.metrics.loads_refused;
    shared.log.warn(std::string("slack_signing_secret_file: NOT loaded, the old one stays: ") + error.what());
  }
}

void reload(Shared& shared) {
  shared.engine->reload();
  reload_slack(shared);
  if (!shared.tls) return;
  try {
    use_tls(shared);
    ++shared.certificates;
    shared.hub.wake_all();  // who is known by one is looked at again
    shared.log.info("certificates: loaded anew");
  } catch (const util::Error& error) {
    ++shared.metrics.loads_refused;
    shared.log.warn(std::string("certificates: NOT loaded, the old ones stay: ") + error.what());
  }
}

awaitable<void> obey_signals(Shared& shared, asio::signal_set& signals) {
  while (co_await signals.async_wait(use_awaitable) == SIGHUP) reload(shared);
  shared.log.info("stopping");
  notify_manager("STOPPING=1");
  shared.stopping = true;
  shared.hub.wake_all();
  // Who waits gets an answer, and asks again.
  asio::steady_timer last(shared.io, std::chrono::milliseconds(300));
  co_await last.async_wait(use_awaitable);
  shared.io.stop();
}

// As many descriptors as there may be connections; where the system does not let us, fewer connections: what
// is ours, the store and the policies, must never lack one. Says so, when it is less than was wanted.
std::optional<std::string> fit_descriptors(Settings& settings) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  constexpr std::size_t kOurs = 64;
  const auto most = static_cast<std::size_t>(limit.rlim_cur) - kOurs - static_cast<std::size_t>(kTurnedAway);
  if (limit.rlim_cur <= kOurs + kTurnedAway || settings.limits.connections <= most) return std::nullopt;
  const std::size_t wanted = std::exchange(settings.limits.connections, most);
  return "at most " + std::to_string(most) + " connections, not " + std::to_string(wanted) +
         ": this process may have " + std::to_string(limit.rlim_cur) +
         " descriptors (LimitNOFILE=, ulimit -n)";
}

std::optional<std::string> warning_of_clock() {
  if (store::knows_boot()) return std::nullopt;
  return "/proc/sys/kernel/random/boot_id cannot be read: when the clock is set back while this server is "
         "stopped, requests wait longer than they should (ProcSubset=pid in a unit is one reason)";
}

bool wants_tls(const Settings& settings) {
  return !settings.tls.certificate.empty() || !settings.tls.key.empty();
}

std::vector<Listener> open_listeners(const Settings& settings) {
  std::vector<Listener> listeners;
  for (const std::string& url : settings.listen) listeners.push_back(listen_on(parse_endpoint(url)));
  for (const int fd : inherited_sockets())
    listeners.push_back(inherited_listener(util::Fd(fd), wants_tls(settings)));
  if (listeners.empty())
    throw util::UsageError("there is nothing to listen on",
                           "--listen https://ADDRESS:PORT or --listen unix:/PATH");
  return listeners;
}

Engine::Options engine_of(Shared& shared, const World& world) {
  const auto load = [&shared, &world] {
    auto policies = world.load_policies();
    shared.lookout->use(policies.warning_sources());
    return policies;
  };
  return {shared.settings.store,
          load,
          world.policies_stamp,
          shared.settings.fallback,
          shared.settings.limits,
          shared.settings.slack,
          shared.metrics,
          shared.log,
          [&shared] { return shared.lookout->metrics(); },
          [&shared](const std::string& id) { asio::post(shared.io, [&shared, id] { shared.hub.wake(id); }); },
          world.send_errand};
}

bool is_https(const std::string& url) {
  return parse_endpoint(url).kind == Kind::https;
}

// Null where no TLS is wanted.
std::shared_ptr<SSL_CTX> tls_of(const Settings& settings) {
  if (!settings.client_users.names.empty() && settings.tls.client_ca.empty())
    throw util::UsageError("client_users without client_ca: no client would be asked for a certificate",
                           "client_ca names a PEM file with the authorities of those certificates");
  const bool https = std::count_if(settings.listen.begin(), settings.listen.end(), is_https) > 0;
  return https || wants_tls(settings) ? load_tls(settings.tls) : nullptr;
}

}  // namespace

Findings check(const Settings& wanted) {
  Findings findings;
  const auto attempt = [&](const auto& part) {
    try {
      part();
    } catch (const util::UsageError& error) {
      findings.problems.push_back(error);
    }
  };
  const auto warn = [&](const std::optional<std::string>& warning) {
    if (warning) findings.warnings.push_back(*warning);
  };
  attempt([&] {
    if (const auto tls = tls_of(wanted)) warn(warning_of_end(*tls));
  });
  attempt([&] {
    require_consistent(wanted.slack);
    if (wanted.slack.is_on()) (void)read_signing_secret(wanted.slack.secret_file);
  });
  for (const std::string& url : wanted.listen) {
    attempt([&] {
      if (!could_listen_on(parse_endpoint(url)))
        warn("somebody listens on " + url + " already: only the server that runs should");
    });
  }
  if (wanted.listen.empty())
    warn("nothing to listen on but what systemd opens (jit-server.socket): the setting listen");
  Settings settings = wanted;
  warn(fit_descriptors(settings));
  warn(warning_of_clock());
  return findings;
}

void serve(const Settings& wanted, const World& world) {
  ::signal(SIGPIPE, SIG_IGN);
  (void)tls_of(wanted);
  Settings settings = wanted;
  Shared shared(settings);
  // From here on, whatever comes during the start is obeyed when it is over.
  asio::signal_set signals(shared.io, SIGTERM, SIGINT, SIGHUP);
  if (const auto fewer = fit_descriptors(settings)) shared.log.info(*fewer);
  if (const auto warning = warning_of_clock()) shared.log.warn(*warning);
  if (wants_tls(settings)) use_tls(shared);
  use_slack(shared);
  shared.engine = std::make_unique<Engine>(engine_of(shared, world));
  const auto listeners = open_listeners(settings);
  for (const Listener& listener : listeners) {
    asio::co_spawn(shared.io, accept_all(shared, listener), asio::detached);
    shared.log.info("listening on " + to_url(listener.endpoint));
  }
  asio::co_spawn(shared.io, obey_signals(shared, signals), asio::detached);
  notify_manager("READY=1");
  shared.io.run();
  shared.engine.reset();  // what is under way is finished first
  for (const Listener& listener : listeners) clean_up(listener);
}

}  // namespace jit::server
