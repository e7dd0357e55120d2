#include "backend/peer.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <vector>

#include "util/error.hpp"

namespace jit::backend {
namespace {

using util::Json;
using util::Millis;

// What a helper may need on top of the time that it was given, to say that it was not enough.
constexpr Millis kGrace{2000};
// More is no news; a helper that goes on and on has lost its way.
constexpr int kMostTroubles = 100;

// What of this process's environment is a helper's business: how to get out of this network, and where the
// user's files are. Nothing that changes what a library loads or trusts.
std::vector<std::string> environment() {
  constexpr std::array kPassed{"HOME",        "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "http_proxy",
                               "https_proxy", "HTTPS_PROXY",     "all_proxy",       "ALL_PROXY",
                               "no_proxy",    "NO_PROXY"};
  std::vector<std::string> variables{"LC_ALL=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin"};
  for (const char* name : kPassed) {
    const char* value = ::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    if (value != nullptr) variables.push_back(std::string(name) + "=" + value);
  }
  return variables;
}

std::string name_of(const std::string& program) {
  return program.substr(program.rfind('/') + 1);
}

bool is_readable(int fd) {
  pollfd event{fd, POLLIN, 0};
  return fd >= 0 && ::poll(&event, 1, 0) == 1;
}

}  // namespace

Peer::Peer(const std::string& program, Attention attention)
    : m_name(name_of(program)),
      m_helper(program, {program}, environment()),
      m_attention(std::move(attention)),
      m_kept(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      m_readable(::epoll_create1(EPOLL_CLOEXEC)) {
  for (const int fd : {m_helper.fd(), m_kept.get()}) {
    epoll_event event{};
    event.events = EPOLLIN;
    if (::epoll_ctl(m_readable.get(), EPOLL_CTL_ADD, fd, &event) != 0)
      throw util::SystemError(errno, "waiting for " + m_name);
  }
}

std::int64_t Peer::begin(const std::string& method, Json params, Millis within) {
  params["within_ms"] = within.count();
  const rpc::Call call{++m_last_id, method, std::move(params)};
  const std::string line = rpc::to_line(call);
  if (line.size() > rpc::kLongestLine) throw util::Error("this is too large for " + m_name);
  // A large line goes through the pipe in pieces: on a machine that is busy, or was stopped for a moment,
  // that takes a part of the time that the call has.
  if (!m_helper.send(line, within + kGrace)) give_up("has ended, or does not read what it is told");
  m_calls[call.id] = std::nullopt;
  tell_of_kept();
  return call.id;
}

rpc::Outcome Peer::call(const std::string& method, Json params, Millis within) {
  const auto deadline = std::chrono::steady_clock::now() + within + kGrace;
  const std::int64_t id = begin(method, std::move(params), within);
  while (!m_calls[id]) {
    const auto left = std::chrono::ceil<Millis>(deadline - std::chrono::steady_clock::now());
    if (read_one(std::max(left, Millis{0}), id)) continue;
    if (is_readable(m_attention.interrupt)) throw util::Error("interrupted before " + m_name + " answered");
    give_up("ended, or did not answer in time");
  }
  rpc::Outcome outcome = std::move(*m_calls[id]);
  m_calls.erase(id);
  tell_of_kept();
  return outcome;
}

std::optional<rpc::Outcome> Peer::take(std::int64_t id) {
  const auto found = m_calls.find(id);
  if (found == m_calls.end()) throw util::Error("asked " + m_name + " for an answer to nothing");
  while (!found->second && read_one(Millis{0}, id)) {
  }
  if (!found->second) return std::nullopt;
  auto outcome = std::move(found->second);
  m_calls.erase(found);
  std::uint64_t count = 0;
  while (::read(m_kept.get(), &count, sizeof count) < 0 && errno == EINTR) {
  }
  tell_of_kept();
  return outcome;
}

// What was taken from the pipe already makes it readable no more.
void Peer::tell_of_kept() {
  if (m_helper.has_line()) ::eventfd_write(m_kept.get(), 1);
}

void Peer::give_up(const std::string& what_seems) const {
  const std::string end = m_helper.how_it_ended();
  throw util::Error(m_name + " " + (end.empty() ? what_seems : end));
}

// False when nothing comes within the time, or the answer is not wanted any more.
bool Peer::read_one(Millis timeout, std::int64_t wanted) {
  const auto line = m_helper.receive(timeout, rpc::kLongestLine, m_attention.interrupt);
  if (!line) return false;
  auto message = rpc::parse_reply(*line, m_name);
  if (const auto* trouble = std::get_if<rpc::Trouble>(&message)) {
    if (++m_troubles > kMostTroubles) throw util::Error(m_name + " tells of trouble without end");
    if (m_attention.trouble) m_attention.trouble(trouble->message);
    return true;
  }
  auto& reply = std::get<rpc::Reply>(message);
  m_troubles = 0;
  const auto found = m_calls.find(reply.id);
  if (found == m_calls.end() || found->second) throw util::Error(m_name + " answered what nobody asked");
  found->second = std::move(reply.outcome);
  if (reply.id != wanted) ::eventfd_write(m_kept.get(), 1);
  return true;
}

}  // namespace jit::backend
