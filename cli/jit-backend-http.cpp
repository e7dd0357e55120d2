// jit-backend-http: the backend helper for a jit-server (lib/backend/PROTOCOL.md on stdin and stdout, HTTP on
// the other side). It decides nothing: each call is one request, tried again while that can help and time is
// left.
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <nlohmann/json.hpp>
#include <optional>

#include "backend/rpc.hpp"
#include "http/credentials.hpp"
#include "http/events.hpp"
#include "http/remote.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/text.hpp"

namespace {

using namespace jit;
using backend::rpc::Call;
using backend::rpc::Code;
using backend::rpc::Failure;
using backend::rpc::Outcome;
using Clock = std::chrono::steady_clock;

void say(const std::string& line) {
  // Whoever asked is gone: so is the reason to be here.
  if (!util::write_all(STDOUT_FILENO, line + "\n")) std::exit(0);
}

void reply(std::int64_t id, const Outcome& outcome) {
  say(backend::rpc::to_line(backend::rpc::Reply{id, outcome}));
}

Failure usage(const util::Error& error) {
  return {static_cast<int>(Code::usage), error.what(), {{"hint", error.hint()}}};
}

constexpr util::Millis kWorthAnother{500};
// Sooner, that it takes a moment is nobody's business.
constexpr util::Millis kUntilItIsSaid{1000};

// A call that has no answer yet.
struct Task {
  Call call;
  http::Exchange exchange;
  Clock::time_point since, sent, deadline;
  int attempt = 0;
  std::optional<http::Answer> last{};        // of the tries that came to nothing
  std::optional<Clock::time_point> again{};  // when it is to be sent once more
};

// When whoever asked should hear that there is trouble. That a wait takes its time is none.
std::optional<Clock::time_point> worth_saying_at(const Task& task) {
  if (task.call.method == "wait" && !task.again) return std::nullopt;
  return task.since + kUntilItIsSaid;
}

class Program {
 public:
  int run() {
    while (read_calls()) {
      resend();
      tell_of_trouble();
      if (m_transfers) m_transfers->run_once(STDIN_FILENO, until_next());
    }
    return 0;
  }

 private:
  // False at the end of input. Waits only while there is no server to wait for.
  bool read_calls() {
    if (m_transfers) ::fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    std::array<char, 65536> bytes{};
    const ssize_t n = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (n == 0) return false;
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    m_input.append(bytes.data(), static_cast<std::size_t>(n));
    std::size_t start = 0;
    for (auto end = m_input.find('\n'); end != std::string::npos; end = m_input.find('\n', start)) {
      take(backend::rpc::parse_call(m_input.substr(start, end - start), "jit-run"));
      start = end + 1;
    }
    m_input.erase(0, start);
    return m_input.size() <= backend::rpc::kLongestLine;
  }

  void take(Call call) {
    try {
      if (call.method == "describe") open(call.params);
      const auto exchange = http::exchange_of(call);
      if (!exchange || !m_transfers)
        return reply(
            call.id,
            Failure{static_cast<int>(Code::method_not_found), "jit-backend-http has no " + call.method, {}});
      const auto now = Clock::now();
      const std::int64_t id = call.id;
      m_tasks[id] = {.call = std::move(call),
                     .exchange = *exchange,
                     .since = now,
                     .sent = now,
                     .deadline = now + exchange->within};
      send(id);
    } catch (const util::UsageError& error) {
      reply(call.id, usage(error));
    } catch (const util::Error& error) {
      reply(call.id, Failure{static_cast<int>(Code::unavailable), error.what(), {{"hint", error.hint()}}});
    }
  }

  void open(const util::Json& params) {
    const auto endpoint = http::parse_endpoint(params.at("url").get<std::string>());
    auto identity = http::load_identity(endpoint, params.value("settings", util::Json::object()));
    m_server = {endpoint.url, identity.token_file, util::visible(identity.no_token_in)};
    m_transfers.emplace(endpoint, std::move(identity));
  }

  void send(std::int64_t id) {
    Task& task = m_tasks.at(id);
    task.again.reset();
    task.sent = Clock::now();
    task.exchange.within = std::chrono::ceil<util::Millis>(task.deadline - Clock::now());
    const bool follows = task.exchange.path == "/v1/events";
    auto events = std::make_shared<http::EventReader>(task.call.params.value("version", util::Json()));
    const auto piece = [this, id, events](const std::string& text) {
      const auto news = events->take(text);
      if (!news) return true;
      finish(id, util::Json{{"version", *news}});
      return false;
    };
    m_transfers->start(
        task.exchange, [this, id](const http::Answer& answer) { answered(id, answer); },
        follows ? http::Transfers::Piece(piece) : nullptr);
  }

  void answered(std::int64_t id, const http::Answer& answer) {
    const auto found = m_tasks.find(id);
    if (found == m_tasks.end()) return;  // an event has answered it
    Task& task = found->second;
    auto pause = http::retry_after(answer, task.attempt);
    // Who has never reached it is not kept waiting for what is not there.
    if (task.call.method == "describe" && answer.is_doubtful)
      task.deadline = std::min(task.deadline, task.since + http::kForTheDoubtful);
    // A server that wants more time than there is gets half of what is left.
    const auto left = std::chrono::floor<util::Millis>(task.deadline - Clock::now());
    if (pause && *pause >= left) pause = left > kWorthAnother ? std::optional(left / 2) : std::nullopt;
    if (pause) {
      // What lasted was no trouble, until now.
      if (Clock::now() - task.sent > kUntilItIsSaid) task.since = Clock::now();
      task.last = answer;
      ++task.attempt;
      task.again = Clock::now() + *pause;
      return;
    }
    // That nothing happened for so long is an answer, too.
    const bool quiet = task.exchange.path == "/v1/events" && answer.status == 0 && answer.may_pass;
    if (answer.status != 0) m_told = false;  // it is back
    if (quiet) return finish(id, util::Json{{"version", task.call.params.value("version", util::Json())}});
    // A last try that time ran out on says less than the one before it.
    const bool ran_out = answer.status == 0 && answer.may_pass && left <= util::Millis{0} && task.last;
    finish(id, http::outcome_of(task.call, ran_out ? *task.last : answer, m_server));
  }

  void finish(std::int64_t id, const Outcome& outcome) {
    m_tasks.erase(id);
    reply(id, outcome);
  }

  void resend() {
    for (auto next = m_tasks.begin(); next != m_tasks.end();) {
      const auto id = next->first;
      const bool due = next->second.again && *next->second.again <= Clock::now();
      ++next;
      if (due) send(id);
    }
  }

  // Once for each outage.
  void tell_of_trouble() {
    for (const auto& [id, task] : m_tasks) {
      if (const auto at = worth_saying_at(task); m_told || !at || *at > Clock::now()) continue;
      m_told = true;
      say(backend::rpc::to_line(backend::rpc::Trouble{http::trouble_of(task.last, m_server)}));
    }
  }

  util::Millis until_next() const {
    auto next = Clock::now() + std::chrono::minutes(1);
    for (const auto& [id, task] : m_tasks) {
      if (task.again) next = std::min(next, *task.again);
      if (const auto at = worth_saying_at(task); at && !m_told) next = std::min(next, *at);
    }
    return std::max(std::chrono::ceil<util::Millis>(next - Clock::now()), util::Millis{0});
  }

  std::string m_input;
  std::optional<http::Transfers> m_transfers;
  http::Server m_server;
  bool m_told = false;  // of the outage that there is
  std::map<std::int64_t, Task> m_tasks;
};

}  // namespace

int main() {
  ::prctl(PR_SET_DUMPABLE, 0);  // a token is in this memory
  // What ends whoever started it ends this too, by the end of its input: until then it is needed, to
  // withdraw.
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) ::signal(signal, SIG_IGN);
  try {
    return Program().run();
  } catch (const std::exception&) {
    return 1;  // what is said here nobody reads: the one who asked sees that it ended
  }
}
