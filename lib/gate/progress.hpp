#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "approval/request.hpp"
#include "terminal/live_line.hpp"
#include "util/time.hpp"

namespace jit::gate {

/// What the person who waits sees on stderr: whom it waits for, once; then on a terminal one live line,
/// elsewhere a line at each change and every 30 seconds.
class Progress {
 public:
  Progress(bool quiet);
  void begin(const approval::View& view, util::Time now);
  void update(const approval::View& view, util::Time now);
  /// A line between, for which the live one steps aside.
  void interject(const std::string& text);
  /// The last line: how it ended.
  void finish(const std::string& text);
  void clear();

 private:
  bool fits(const std::string& text) const;

  bool m_quiet;
  bool m_terminal;
  std::optional<terminal::LiveLine> m_line;
  std::string m_last_change;
  std::chrono::steady_clock::time_point m_last_said;
};

}  // namespace jit::gate
