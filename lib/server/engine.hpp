#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>

#include "server/api.hpp"
#include "server/limits.hpp"
#include "server/log.hpp"
#include "server/metrics.hpp"
#include "server/rates.hpp"

namespace jit::server {

/// Who somebody says to be: what the engine can check.
struct Claim {
  std::optional<Caller> known{};  // the kernel (a Unix socket) or a certificate said so
  std::string authorization{};    // the header of that name; with a certificate it must be the same user's
  bool again = false;             // asked on a waiting client's behalf: it does not count as a request
  bool is_all = false;            // nothing is asked yet: 204 and whose it is, when it may go on
  bool is_slack = false;          // Slack has signed it: whom it is from, it says itself
};

/// Owns the store, on a thread of its own. Changes that are asked for meanwhile are made together, in one
/// durable commit, and answered after it: that is what makes many decisions a second possible.
class Engine {
 public:
  struct Options {
    std::string directory;  // of the store
    std::function<policy::Set()> load_policies;
    /// Changes when the policies' files do; asked now and then.
    std::function<std::string()> policies_stamp;
    policy::Effect fallback = policy::Effect::ask;
    const Limits& limits;
    const SlackSettings& slack;
    Metrics& metrics;
    const Log& log;
    /// What is said with the metrics besides.
    std::function<std::string()> more_metrics;
    /// Called on the engine's thread with each request that changed, whoever changed it.
    std::function<void(const std::string& id)> changed;
    /// Hands an errand to jit-notify; false when it cannot be done now.
    std::function<bool(const std::string&)> send_errand;
  };

  /// Throws Error when the store or the policies cannot be used.
  explicit Engine(Options options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Calls `done` on the engine's thread, after everything that the reply tells of is durable.
  void handle(Claim claim, Message message, std::function<void(Reply)> done);
  void reload() { m_reload = true; }
  /// Whether the store answers.
  bool ready() const { return m_ready; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Job {
    Claim claim;
    Message message;
    std::function<void(Reply)> done;
    Clock::time_point came;
  };

  void run();
  std::vector<Job> take_changes(Clock::time_point until);
  void change(const std::vector<Job>& jobs);
  void run_errand(Reply& reply);
  std::optional<Job> take_look();
  bool answer_looks();
  void look_around(bool is_tick);
  void tell_changes();
  void store_failed(const std::exception& error);
  void reload_policies();
  std::variant<Caller, Nobody> who(const Claim& claim);
  Reply answer(const Job& job);
  Reply answer_to(const Caller& caller, const Job& job);
  Reply answer_to_slack(const Job& job);

  Options m_options;
  std::unique_ptr<store::Store> m_store;
  std::unique_ptr<Api> m_api;
  Rates m_rates;
  std::string m_stamp;
  std::optional<Clock::time_point> m_load_again;
  std::int64_t m_told = 0;  // the last audit entry that the waiting have been told of
  std::mutex m_mutex;
  std::condition_variable m_wake;
  std::deque<Job> m_changes, m_looks;
  std::atomic<bool> m_stop = false;
  std::atomic<bool> m_reload = false;
  std::atomic<bool> m_ready = true;
  std::thread m_thread;  // last: it uses all of the above
};

}  // namespace jit::server
