#include "server/engine.hpp"

#include "store/sqlite_store.hpp"
#include "util/error.hpp"

namespace jit::server {
namespace {

// More would keep the first of them waiting for the last.
constexpr std::size_t kMostTogether = 64;
constexpr std::size_t kLongestQueue = 20'000;
constexpr auto kTick = std::chrono::milliseconds(500);

Reply unavailable() {
  Reply reply =
      problem(503, "unavailable", "the store does not answer", "try again; the server's log says why");
  reply.headers["Retry-After"] = "1";
  return reply;
}

Reply overloaded() {
  Reply reply =
      problem(503, "overloaded", "too many requests wait for the store", "try again a little later");
  reply.headers["Retry-After"] = "1";
  return reply;
}

Reply unauthorized(bool with_token) {
  Reply reply =
      problem(401, "unauthorized", with_token ? "this token is unknown here, or has ended" : "who are you?",
              "jit-server token create makes a token; jit-run and jit-approve read it from token_file");
  reply.headers["WWW-Authenticate"] = "Bearer realm=\"jit-run\"";
  return reply;
}

}  // namespace

Engine::Engine(Options options) : m_options(std::move(options)) {
  if (m_options.policies_stamp) m_stamp = m_options.policies_stamp();
  auto policies = std::make_shared<const policy::Set>(m_options.load_policies());
  m_store = store::open_sqlite(m_options.directory);
  m_store->on_change([this](const approval::RequestId& id) { m_options.changed(id.text()); });
  m_api = std::make_unique<Api>(*m_store, std::move(policies), m_options.fallback, m_options.quotas);
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

void Engine::post(Job job) {
  {
    const std::lock_guard lock(m_mutex);
    if (m_jobs.size() >= kLongestQueue) return job.done(overloaded());
    m_jobs.push_back(std::move(job));
  }
  m_wake.notify_one();
}

void Engine::handle(Claim claim, Message message, std::function<void(Reply)> done) {
  const auto came = std::chrono::steady_clock::now();
  const bool is_change = message.method == "POST";
  auto work = [this, claim = std::move(claim), message = std::move(message)] {
    return answer(claim, [&](const Caller& caller) {
      return message.target == "/metrics" ? metrics_for(caller) : m_api->handle(caller, message);
    });
  };
  auto timed = [this, came, is_change, done = std::move(done)](Reply reply) {
    if (is_change) m_metrics.changes.observe(std::chrono::steady_clock::now() - came);
    done(std::move(reply));
  };
  post({std::move(work), std::move(timed)});
}

void Engine::events(Claim claim, std::optional<std::int64_t> after,
                    std::function<void(Reply, Api::Events)> done) {
  auto events = std::make_shared<Api::Events>();
  auto work = [this, events, after, claim = std::move(claim)] {
    return answer(claim, [&](const Caller& caller) {
      if (!caller.sees_all())
        return problem(403, "forbidden", "this token may not see what others ask for",
                       "ask for the scope \"review\"");
      *events = after ? m_api->events(*after) : Api::Events{"", m_api->last_change()};
      return Reply{};
    });
  };
  post({std::move(work), [events, done = std::move(done)](Reply reply) { done(std::move(reply), *events); }});
}

Reply Engine::metrics_for(const Caller& caller) {
  if (!caller.may(Scope::audit)) return forbidden(Scope::audit);
  return {200,
          {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
          m_metrics.text(m_api->count_open())};
}

std::optional<Caller> Engine::who(const Claim& claim) {
  return claim.known ? claim.known : bearer(*m_store, claim.authorization);
}

Reply Engine::answer(const Claim& claim, const std::function<Reply(const Caller&)>& work) {
  try {
    const auto caller = who(claim);
    return caller ? work(*caller) : unauthorized(!claim.authorization.empty());
  } catch (const util::Error& error) {
    m_options.log(std::string("store: ") + error.what());
    return unavailable();
  } catch (const std::exception& error) {
    // One request that we did not think of must not cost those that are answered together with it.
    m_options.log(std::string("a request could not be answered: ") + error.what());
    return problem(500, "internal", "this server has a defect; nothing was changed",
                   "the server's log says more");
  }
}

void Engine::run_together(std::deque<Job>& jobs) {
  std::vector<Reply> replies;
  const auto began = std::chrono::steady_clock::now();
  try {
    m_store->write([&](store::Transaction&) {
      for (const Job& job : jobs) replies.push_back(job.work());
    });
    m_ready = true;
    ++m_metrics.commits;
    m_metrics.together += jobs.size();
    m_metrics.commit_times.observe(std::chrono::steady_clock::now() - began);
  } catch (const std::exception& error) {
    // Nothing of it is durable, whatever the replies say.
    m_options.log(std::string("store: ") + error.what());
    m_ready = false;
    ++m_metrics.store_failures;
    replies.assign(jobs.size(), unavailable());
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) jobs[i].done(std::move(replies[i]));
}

void Engine::reload_policies() {
  const bool asked = m_reload.exchange(false);
  std::string stamp = m_options.policies_stamp ? m_options.policies_stamp() : "";
  if (!asked && stamp == m_stamp) return;
  m_stamp = std::move(stamp);
  try {
    m_api->use(std::make_shared<const policy::Set>(m_options.load_policies()));
    m_options.log("policies: loaded anew");
  } catch (const std::exception& error) {
    ++m_metrics.policy_loads_refused;
    m_options.log(std::string("policies: NOT loaded, the old ones stay: ") + error.what());
  }
}

void Engine::run() {
  auto next_tick = std::chrono::steady_clock::now();
  while (true) {
    std::deque<Job> jobs;
    {
      std::unique_lock lock(m_mutex);
      m_wake.wait_until(lock, next_tick, [&] { return m_stop || !m_jobs.empty(); });
      if (m_stop && m_jobs.empty()) return;
      while (!m_jobs.empty() && jobs.size() < kMostTogether) {
        jobs.push_back(std::move(m_jobs.front()));
        m_jobs.pop_front();
      }
    }
    if (!jobs.empty()) run_together(jobs);
    if (std::chrono::steady_clock::now() < next_tick) continue;
    next_tick = std::chrono::steady_clock::now() + kTick;
    reload_policies();
    jobs.clear();
    jobs.push_back({[this] {
                      m_api->settle();
                      return Reply{};
                    },
                    [](const Reply&) {}});
    run_together(jobs);
  }
}

}  // namespace jit::server
