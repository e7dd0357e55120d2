#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "live/source.hpp"
#include "server/log.hpp"
#include "util/fd.hpp"

namespace jit::live {
class Probe;
}

namespace jit::server {

/// Asks the policies' sources of warnings, on a thread of its own: whoever needs to know waits, and nobody
/// else does. All who wait share one round of asking.
class Lookout {
 public:
  explicit Lookout(const Log& log);
  ~Lookout();
  Lookout(const Lookout&) = delete;
  Lookout& operator=(const Lookout&) = delete;

  /// From now on these are asked. Any thread.
  void use(std::vector<live::Source> sources);
  bool has_sources() const { return m_has_sources; }

  /// Calls `done` on this one's thread, with answers that are as fresh as each source wants them; within the
  /// sources' own time limits, and twice that where a round has just begun.
  using Done = std::function<void(std::shared_ptr<const live::Answers>)>;
  void look(Done done);

  /// The state of each source in Prometheus' text format; empty where there is none.
  std::string metrics() const;

 private:
  struct State {
    std::string source;
    bool is_known = false;
    std::chrono::steady_clock::time_point answered;
  };
  void run();
  void note(const std::vector<live::Source>& sources, const live::Probe& probe, const live::Answers& answers);

  const Log& m_log;
  util::Fd m_stop_signal;
  std::atomic<bool> m_has_sources = false;
  mutable std::mutex m_mutex;
  std::condition_variable m_wake;
  std::vector<live::Source> m_sources;
  std::vector<Done> m_waiting;
  std::vector<State> m_states;
  bool m_stop = false;
  std::thread m_thread;  // last: it uses all of the above
};

}  // namespace jit::server
