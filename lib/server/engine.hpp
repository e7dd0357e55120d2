#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "server/api.hpp"
#include "server/metrics.hpp"

namespace jit::server {

/// Who somebody says to be: what the engine can check.
struct Claim {
  std::optional<Caller> known;  // the kernel said so (a Unix socket)
  std::string authorization;    // the header of that name
};

/// Owns the store, on a thread of its own. What is asked meanwhile is done together, in one durable commit,
/// and answered after it: that is what makes many decisions a second possible.
class Engine {
 public:
  struct Options {
    std::string directory;  // of the store
    std::function<policy::Set()> load_policies;
    /// Changes when the policies' files do; asked now and then.
    std::function<std::string()> policies_stamp;
    policy::Effect fallback = policy::Effect::ask;
    Quotas quotas;
    /// Both are called on the engine's thread.
    std::function<void(const std::string& id)> changed;
    std::function<void(const std::string& line)> log;
  };

  /// Throws Error when the store or the policies cannot be used.
  explicit Engine(Options options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Calls `done` on the engine's thread, after everything that the reply tells of is durable.
  void handle(Claim claim, Message message, std::function<void(Reply)> done);
  /// Changes after an audit entry; without one, the last entry's number and no text. A reply with a status
  /// other than 200 says why not.
  void events(Claim claim, std::optional<std::int64_t> after, std::function<void(Reply, Api::Events)> done);
  Metrics& metrics() { return m_metrics; }
  void reload() { m_reload = true; }
  /// Whether the store answers.
  bool ready() const { return m_ready; }

 private:
  struct Job {
    std::function<Reply()> work;  // on the engine's thread, within a write transaction
    std::function<void(Reply)> done;
  };

  void post(Job job);
  void run();
  void run_together(std::deque<Job>& jobs);
  void reload_policies();
  std::optional<Caller> who(const Claim& claim);
  Reply answer(const Claim& claim, const std::function<Reply(const Caller&)>& work);

  Reply metrics_for(const Caller& caller);

  Options m_options;
  Metrics m_metrics;
  std::unique_ptr<store::Store> m_store;
  std::unique_ptr<Api> m_api;
  std::string m_stamp;
  std::mutex m_mutex;
  std::condition_variable m_wake;
  std::deque<Job> m_jobs;
  bool m_stop = false;
  std::atomic<bool> m_reload = false;
  std::atomic<bool> m_ready = true;
  std::thread m_thread;  // last: it uses all of the above
};

}  // namespace jit::server
