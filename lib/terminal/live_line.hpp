#pragma once
#include <chrono>
#include <string>

#include "terminal/style.hpp"

namespace jit::terminal {

/// One line of a terminal that is rewritten in place while something is waited for. Where lines cannot be
/// rewritten (no terminal, TERM=dumb or unset) it prints whole lines instead, and only for news: not for a
/// clock that ticks.
class LiveLine {
 public:
  LiveLine(int fd, Color color);
  ~LiveLine() { clear(); }
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  /// Shows this text, cut to the width that the terminal has now. The text must be safe to print.
  void update(const std::string& text);
  /// Replaces the live line by a final one, which stays, whole.
  void finish(const std::string& line);
  /// Takes the live line away; the next update shows it again.
  void clear();

 private:
  void print_news(const std::string& text);

  int m_fd;
  Color m_color;
  bool m_rewrites;
  bool m_shown = false;
  std::string m_last_news;
  std::chrono::steady_clock::time_point m_last_print;
};

}  // namespace jit::terminal
