#include "server/engine.hpp"

#include <sys/resource.h>

#include <ctime>

#include "store/sqlite_store.hpp"
#include "util/error.hpp"

namespace jit::server {
namespace {

// More would keep the first of them waiting for the last.
constexpr std::size_t kMostTogether = 64;
constexpr std::size_t kMostBytesTogether = 512U << 10U;
constexpr auto kTick = std::chrono::milliseconds(500);
constexpr auto kLookingTime = std::chrono::milliseconds(5);

Reply unavailable() {
  return later(503, "unavailable", "the store does not answer", "try again; the server's log says why");
}

// What a request costs, in small ones: to read a body takes time.
double cost_of(const Message& message) {
  constexpr double kSmall = 16'384;
  return 1 + static_cast<double>(message.body.size()) / kSmall;
}

/// How long this thread has worked, and the programs that it has run (ssh-keygen); not how long it waited.
class Work {
 public:
  // In small requests: what it turned out to cost. One that finds little takes some ten microseconds.
  double cost() const {
    constexpr std::chrono::duration<double> kSmall = std::chrono::milliseconds(2);
    return std::chrono::duration<double>(now() - m_began) / kSmall;
  }

 private:
  static std::chrono::nanoseconds now() {
    timespec own{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &own);
    rusage programs{};
    ::getrusage(RUSAGE_CHILDREN, &programs);
    return std::chrono::seconds{own.tv_sec + programs.ru_utime.tv_sec + programs.ru_stime.tv_sec} +
           std::chrono::nanoseconds{own.tv_nsec} +
           std::chrono::microseconds{programs.ru_utime.tv_usec + programs.ru_stime.tv_usec};
  }
  std::chrono::nanoseconds m_began = now();
};

Reply unauthorized(const std::string& why) {
  Reply reply = problem(401, "unauthorized", why,
                        "jit-server token create makes a token; jit-run and jit-approve read it from "
                        "token_file");
  reply.headers["WWW-Authenticate"] = "Bearer realm=\"jit-run\"";
  return reply;
}

Reply too_often(std::chrono::milliseconds pause, std::size_t most) {
  return later(429, "too-many-requests",
               "more than " + std::to_string(most) + " requests a second of one user",
               "ask less often: to wait for a change, send If-None-Match and Prefer: wait=25",
               std::chrono::ceil<std::chrono::seconds>(pause));
}

}  // namespace

Engine::Engine(Options options)
    : m_options(std::move(options)),
      m_rates(static_cast<double>(m_options.limits.requests_per_second),
              2 * static_cast<double>(m_options.limits.requests_per_second)) {
  if (m_options.policies_stamp) m_stamp = m_options.policies_stamp();
  auto policies = std::make_shared<const policy::Set>(m_options.load_policies());
  m_store = store::open_sqlite(m_options.directory);
  m_told = m_store->last_entry();
  m_api = std::make_unique<Api>(*m_store, std::move(policies), m_options.fallback, m_options.limits,
                                m_options.slack, m_options.metrics);
  m_thread = std::thread([this] { run(); });
}

Engine::~Engine() {
  {
    const std::lock_guard lock(m_mutex);
    m_stop = true;
  }
  m_wake.notify_one();
  m_thread.join();
}

void Engine::handle(Claim claim, Message message, std::function<void(Reply)> done) {
  {
    const std::lock_guard lock(m_mutex);
    if (m_changes.size() + m_looks.size() >= m_options.limits.queue) {
      m_options.metrics.count(Limit::queue);
      return done(
          later(503, "overloaded", "too many requests wait for the store", "try again a little later"));
    }
    auto& jobs = message.is_change() ? m_changes : m_looks;
    jobs.push_back({std::move(claim), std::move(message), std::move(done), Clock::now()});
  }
  m_wake.notify_one();
}

std::variant<Caller, Nobody> Engine::who(const Claim& claim) {
  if (claim.authorization.empty()) {
    if (claim.known) return *claim.known;
    return Nobody{"who are you? There is no token in this request"};
  }
  auto caller = bearer(*m_store, claim.authorization);
  const auto* found = std::get_if<Caller>(&caller);
  if (claim.known && found != nullptr && found->actor.name != claim.known->actor.name)
    return Nobody{"this token is another user's than the certificate"};
  return caller;
}

Reply Engine::answer(const Job& job) {
  try {
    if (job.claim.is_slack) return answer_to_slack(job);
    const auto found = who(job.claim);
    if (const auto* nobody = std::get_if<Nobody>(&found)) return unauthorized(nobody->why);
    const auto& caller = std::get<Caller>(found);
    const Work work;
    Reply reply = answer_to(caller, job);
    m_rates.charge(caller.actor.name, work.cost());
    reply.user = caller.actor.name;
    return reply;
  } catch (const util::Error& error) {
    store_failed(error);
    return unavailable();
  } catch (const std::exception& error) {
    // One request that we did not think of must not cost those that are answered together with it.
    m_options.log.warn(std::string("a request could not be answered: ") + error.what());
    return problem(500, "internal", "this server has a defect; nothing was changed",
                   "the server's log says more");
  }
}

Reply Engine::answer_to(const Caller& caller, const Job& job) {
  if (!job.claim.again) {
    if (const auto pause = m_rates.take(caller.actor.name, cost_of(job.message), Clock::now())) {
      m_options.metrics.count(Limit::requests_per_second);
      return too_often(*pause, m_options.limits.requests_per_second);
    }
  }
  if (job.claim.is_all) return {204, {}, ""};
  if (job.message.target != "/metrics") return m_api->handle(caller, job.message);
  if (!caller.may(Scope::audit)) return forbidden(Scope::audit);
  return {200,
          {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
          m_options.metrics.text(m_api->count_open(), m_store->count_to_review()) +
              (m_options.more_metrics ? m_options.more_metrics() : "")};
}

Reply Engine::answer_to_slack(const Job& job) {
  // Of all who click together: nobody has so many hands.
  if (const auto pause = m_rates.take("(slack)", cost_of(job.message), Clock::now())) {
    m_options.metrics.count(Limit::requests_per_second);
    return too_often(*pause, m_options.limits.requests_per_second);
  }
  return m_api->slack(job.message);
}

void Engine::change(const std::vector<Job>& jobs) {
  std::vector<Reply> replies;
  const auto began = Clock::now();
  Metrics& metrics = m_options.metrics;
  try {
    m_store->write([&](store::Transaction&) {
      for (const Job& job : jobs) replies.push_back(answer(job));
    });
    ++metrics.commits;
    metrics.together += jobs.size();
    metrics.commit_times.observe(Clock::now() - began);
  } catch (const std::exception& error) {
    // Nothing of it is durable, whatever the replies say.
    store_failed(error);
    replies.assign(jobs.size(), unavailable());
  }
  m_api->forget_documents();
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    run_errand(replies[i]);
    metrics.changes.observe(Clock::now() - jobs[i].came);
    jobs[i].done(std::move(replies[i]));
  }
}

// Whoever clicked sees by a failure that there will be no answer.
void Engine::run_errand(Reply& reply) {
  if (reply.errand.empty() || (m_options.send_errand && m_options.send_errand(reply.errand))) return;
  m_options.log.warn("somebody who clicked in Slack was not answered: jit-notify does not run, or is busy");
  reply = unavailable();
}

void Engine::reload_policies() {
  // What could not be loaded is tried again: the reason may have passed.
  constexpr auto kAgain = std::chrono::seconds(10);
  const bool asked = m_reload.exchange(false);
  std::string stamp = m_options.policies_stamp ? m_options.policies_stamp() : "";
  const bool again = m_load_again && Clock::now() >= *m_load_again;
  if (!asked && stamp == m_stamp && !again) return;
  m_stamp = std::move(stamp);
  try {
    m_api->use(std::make_shared<const policy::Set>(m_options.load_policies()));
    m_load_again.reset();
    m_options.metrics.policies_refused = 0;
    m_options.log.info("policies: loaded anew");
  } catch (const std::exception& error) {
    m_load_again = Clock::now() + kAgain;
    m_options.metrics.policies_refused = 1;
    ++m_options.metrics.loads_refused;
    m_options.log.warn(std::string("policies: NOT loaded, the old ones stay: ") + error.what());
  }
}

// The trail says what changed, also what other programs have written into this store.
void Engine::tell_changes() {
  m_store->read_changes(m_told, [&](const store::Change& change) {
    m_api->forget_documents();
    m_told = change.seq;
    m_options.metrics.count_entry(change.type);
    m_options.changed(change.request);
    return true;
  });
}

void Engine::store_failed(const std::exception& error) {
  if (m_ready) m_options.log.warn(std::string("store: ") + error.what());  // once, until it answers again
  m_ready = false;
  ++m_options.metrics.store_failures;
}

// What is due by the clock or by what others have done, and once after every change.
void Engine::look_around(bool is_tick) {
  try {
    if (is_tick) {
      m_api->settle();
      m_api->forget_documents();  // groups, or another program, may have changed something
    }
    tell_changes();
    if (is_tick && !m_ready) {
      m_store->prove();  // to read is possible on a full disk, too
      m_ready = true;
      m_options.log.info("the store answers again");
    }
  } catch (const std::exception& error) {
    store_failed(error);
  }
}

std::vector<Engine::Job> Engine::take_changes(Clock::time_point until) {
  std::unique_lock lock(m_mutex);
  m_wake.wait_until(lock, until, [&] { return m_stop || !m_changes.empty() || !m_looks.empty(); });
  std::vector<Job> jobs;
  std::size_t bytes = 0;
  while (!m_changes.empty() && jobs.size() < kMostTogether && bytes < kMostBytesTogether) {
    bytes += m_changes.front().message.body.size();
    jobs.push_back(std::move(m_changes.front()));
    m_changes.pop_front();
  }
  return jobs;
}

std::optional<Engine::Job> Engine::take_look() {
  const std::lock_guard lock(m_mutex);
  if (m_looks.empty()) return std::nullopt;
  Job job = std::move(m_looks.front());
  m_looks.pop_front();
  return job;
}

// Those who only look are many when something was decided, and a claim must not wait for all of them.
bool Engine::answer_looks() {
  const auto until = Clock::now() + kLookingTime;
  auto job = take_look();
  const bool any = job.has_value();
  while (job) {
    job->done(answer(*job));
    job = Clock::now() < until ? take_look() : std::nullopt;
  }
  return any;
}

void Engine::run() {
  auto next_tick = Clock::now();
  while (true) {
    const std::vector<Job> changes = take_changes(next_tick);
    if (!changes.empty()) change(changes);
    const bool looked = answer_looks();
    if (changes.empty() && !looked && m_stop) return;  // nobody sets it back
    const bool is_tick = Clock::now() >= next_tick;
    if (is_tick) reload_policies();
    if (is_tick || !changes.empty()) look_around(is_tick);
    if (is_tick) next_tick = Clock::now() + kTick;
  }
}

}  // namespace jit::server
