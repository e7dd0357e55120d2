#pragma once
#include <sys/types.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "util/fd.hpp"

namespace jit::cli::server {

/// Keeps a jit-notify beside this server while the policies name a channel: starts it anew, ever later, when
/// it ends, and ends it with itself. Its words go to our stderr.
class Notifier {
 public:
  explicit Notifier(std::vector<std::string> argv);
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  void want(bool wanted);
  /// Hands a line (service/errand.hpp) to it. False when there is none that would read it soon.
  bool send(const std::string& errand);

 private:
  void keep();
  void start();
  bool has_ended();
  void stop();

  std::vector<std::string> m_argv;
  std::mutex m_mutex;
  std::condition_variable m_wake;
  bool m_wanted = false, m_over = false;
  pid_t m_pid = -1;
  util::Fd m_life;  // while it is open the child stays
  std::thread m_thread;
};

/// Turns this process into jit-notify, with these words. Throws SystemError.
[[noreturn]] void become_notifier(std::vector<std::string> words);

}  // namespace jit::cli::server
