#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "run/asciicast.hpp"
#include "util/fd.hpp"

namespace jit::run {

/// Keeps what a session shows, while it goes on: whatever keeps it may be slow, or away for a while, and the
/// session is not. What is not kept yet waits here; that is bounded as the recording is.
class Recorder {
 public:
  struct Target {
    /// Keeps a piece that begins at `start`; the same one again after it has thrown.
    std::function<void(std::size_t start, const std::string& bytes)> append;
    std::size_t limit = 0;  // of the whole recording
  };
  /// Keeps `header` at once. Throws what `append` throws: then nothing can be recorded.
  Recorder(Target target, const std::string& header);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// Never wait. The thread that keeps them starts with the first: not before the command is a process.
  void output(std::string_view bytes);
  void resized(int columns, int rows);

  /// Readable from when `append` should come back without having done anything.
  int given_up_fd() const { return m_given_up.get(); }

  /// Waits until all is kept, or `ending_fd` is readable, or half a minute is over. Gives what is missing, in
  /// words; nullopt where all is there.
  std::optional<std::string> finish(int ending_fd);

 private:
  using Clock = std::chrono::steady_clock;
  Asciicast::Since since_start() const;
  void add(const std::string& lines);
  void keep_all();
  bool keep(const std::string& piece);

  Target m_target;
  Asciicast m_cast;
  Clock::time_point m_began = Clock::now();
  util::Fd m_given_up, m_done;
  std::size_t m_added = 0;  // bytes, with what was kept
  bool m_full = false;

  std::mutex m_mutex;
  std::condition_variable m_news;
  std::string m_waiting;
  bool m_finishing = false;
  Clock::time_point m_deadline{};
  std::string m_problem;  // why the last try came to nothing
  std::size_t m_kept = 0;
  std::thread m_thread;
};

}  // namespace jit::run
