#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "delivery/errands.hpp"
#include "delivery/sender.hpp"
#include "policy/policy_set.hpp"
#include "service/service.hpp"
#include "store/store.hpp"

namespace jit::delivery {

/// Tells of what is in a store's outbox, until nothing can come of it any more or, with a parent, until that
/// is gone. At least once: a notice is done when the channel has taken it and that is durable. Each channel
/// goes its own pace; in it what is told of one request keeps its order.
class Dispatcher {
 public:
  struct Options {
    std::string directory;  // of the store
    std::function<policy::Set()> load_policies;
    std::function<std::string()> policies_stamp;  // changes when the policies' files do
    int parent = -1;       // a pipe from who started this: errands, and its end is theirs; -1: nobody did
    bool buttons = false;  // whether a server takes decisions by the messages of Slack's bots
    std::function<void(const std::string&)> log;
  };
  /// Throws Error when the store or the policies cannot be used.
  explicit Dispatcher(Options options);
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  /// Returns when there is nothing left to do.
  void run();

 private:
  using Clock = std::chrono::steady_clock;
  struct Pace {
    int failures = 0;  // in a row
    int under_way = 0;
    util::Time paused_until{};
  };

  void reload();
  void start_due();
  void start(const store::Notice& notice, const policy::Channel& channel);
  approval::View view_of(const std::string& request);
  void run_errands();
  void run_errand(const service::Errand& errand);
  void give_up(const store::Notice& notice, const std::string& problem);
  void take(const store::Notice& notice, const notify::Outcome& outcome, const Sent& sent);
  void settle();
  util::Millis until_next();

  Options m_options;
  std::unique_ptr<store::Store> m_store;
  std::unique_ptr<policy::Set> m_policies;
  std::string m_stamp;
  std::string m_readers;  // the group of those who must be able to read the secrets
  Clock::time_point m_looked{};
  std::map<std::string, policy::Channel> m_channels;
  std::map<std::string, Pace> m_paces;
  std::set<std::int64_t> m_under_way;
  std::vector<store::Told> m_told;  // what came of them, not written down yet
  Clock::time_point m_pruned{};
  Errands m_errands;
  int m_errands_under_way = 0;
  Sender m_sender;
};

/// Sends one test message through a channel of who uses this store, and gives what happened, in words; false:
/// it did not arrive.
struct Tried {
  bool arrived = false;
  std::string what, hint;
};
Tried try_channel(const policy::Channel& channel, const std::string& host, const std::string& directory);

}  // namespace jit::delivery
