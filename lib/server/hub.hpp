#pragma once
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <map>
#include <string>

namespace jit::server {

/// Wakes who waits for a request (by id), or for any (by no id). All on the network's thread.
class Hub {
 public:
  using Timer = boost::asio::steady_timer;

  /// While it lives, `timer` is ended when something changes.
  class Place {
   public:
    Place(Hub& hub, const std::string& id, Timer& timer)
        : m_hub(hub), m_waiting(hub.m_waiting.try_emplace(id).first) {
      m_at = m_waiting->second.insert(m_waiting->second.end(), &timer);
    }
    ~Place() {
      m_waiting->second.erase(m_at);
      if (m_waiting->second.empty()) m_hub.m_waiting.erase(m_waiting);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    Hub& m_hub;
    std::map<std::string, std::list<Timer*>>::iterator m_waiting;
    std::list<Timer*>::iterator m_at;
  };

  void wake(const std::string& id) {
    wake_those(id);
    if (!id.empty()) wake_those("");
  }
  void wake_all() {
    for (const auto& [id, timers] : m_waiting) end(timers);
  }

 private:
  static void end(const std::list<Timer*>& timers) {
    for (Timer* timer : timers) timer->expires_at(Timer::time_point::min());
  }
  void wake_those(const std::string& id) {
    const auto found = m_waiting.find(id);
    if (found != m_waiting.end()) end(found->second);
  }

  std::map<std::string, std::list<Timer*>> m_waiting;
};

}  // namespace jit::server
