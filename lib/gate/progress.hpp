#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "approval/request.hpp"
#include "terminal/live_line.hpp"
#include "util/time.hpp"

namespace jit::gate {

/// "as things are it cannot be approved: …", by the policies here or by what the backend shows of who may
/// review; empty when it can, as far as is known.
std::string in_vain(const std::string& out_of_reach, const approval::View& view);

/// What the person who waits sees on stderr: whom it waits for, once; then on a terminal one live line,
/// elsewhere a line at each change and every 30 seconds.
class Progress {
 public:
  Progress(bool quiet);
  /// `vain`: that it cannot be approved as things are (in_vain); empty when it can.
  void begin(const approval::View& view, util::Time now, const std::string& vain);
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
