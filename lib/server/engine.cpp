#include "server/engine.hpp"

#include "store/sqlite_store.hpp"
#include "util/error.hpp"

namespace jit::server {
namespace {

// More would keep the first of them waiting for the last.
constexpr std::size_t kMostTogether = 64;
constexpr std::size_t kMostBytesTogether = 512U << 10U;
constexpr auto kTick = std::chrono::milliseconds(500);

Reply unavailable() {
  return later(503, "unavailable", "the store does not answer", "try again; the server's log says why");
}

// What a request costs, in small ones: to read a body takes time, and so does to look through the trail.
double cost_of(const Message& message) {
  constexpr double kSmall = 16'384;
  constexpr double kSearch = 25;
  return 1 + static_cast<double>(message.body.size()) / kSmall +
         (message.target.starts_with("/v1/audit") ? kSearch : 0);
}

// What it turned out to cost: a list's contexts are read and written for it.
double cost_of(const Reply& reply) {
  constexpr double kSmall = 131'072;
  return static_cast<double>(reply.body.size()) / kSmall;
}

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
                                m_options.metrics);
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
    if (m_jobs.size() >= m_options.limits.queue) {
      m_options.metrics.count(Limit::queue);
      return done(
          later(503, "overloaded", "too many requests wait for the store", "try again a little later"));
    }
    m_jobs.push_back({std::move(claim), std::move(message), std::move(done), Clock::now()});
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
    const auto found = who(job.claim);
    if (const auto* nobody = std::get_if<Nobody>(&found)) return unauthorized(nobody->why);
    const auto& caller = std::get<Caller>(found);
    Reply reply = answer_to(caller, job);
    m_rates.charge(caller.actor.name, cost_of(reply));
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
  if (job.message.target != "/metrics") return m_api->handle(caller, job.message);
  if (!caller.may(Scope::audit)) return forbidden(Scope::audit);
  return {200,
          {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
          m_options.metrics.text(m_api->count_open())};
}

void Engine::change(const std::vector<Job*>& jobs) {
  std::vector<Reply> replies;
  const auto began = Clock::now();
  Metrics& metrics = m_options.metrics;
  try {
    m_store->write([&](store::Transaction&) {
      for (const Job* job : jobs) replies.push_back(answer(*job));
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
    metrics.changes.observe(Clock::now() - jobs[i]->came);
    jobs[i]->done(std::move(replies[i]));
  }
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

std::vector<Engine::Job> Engine::take_jobs(Clock::time_point until) {
  std::unique_lock lock(m_mutex);
  m_wake.wait_until(lock, until, [&] { return m_stop || !m_jobs.empty(); });
  std::vector<Job> jobs;
  std::size_t bytes = 0;
  while (!m_jobs.empty() && jobs.size() < kMostTogether && bytes < kMostBytesTogether) {
    bytes += m_jobs.front().message.body.size();
    jobs.push_back(std::move(m_jobs.front()));
    m_jobs.pop_front();
  }
  return jobs;
}

void Engine::run() {
  auto next_tick = Clock::now();
  while (true) {
    std::vector<Job> jobs = take_jobs(next_tick);
    if (jobs.empty() && m_stop) return;  // nobody sets it back
    // Changes first: those who only look are many when something was decided, and a claim must not wait for
    // them.
    std::vector<Job*> changes;
    for (Job& job : jobs) {
      if (job.message.is_change()) changes.push_back(&job);
    }
    if (!changes.empty()) change(changes);
    for (Job& job : jobs) {
      if (!job.message.is_change()) job.done(answer(job));
    }
    const bool is_tick = Clock::now() >= next_tick;
    if (is_tick) reload_policies();
    if (is_tick || !changes.empty()) look_around(is_tick);
    if (is_tick) next_tick = Clock::now() + kTick;
  }
}

}  // namespace jit::server
