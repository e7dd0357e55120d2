#pragma once
#include <termios.h>

#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "terminal/style.hpp"
#include "util/fd.hpp"

namespace jit::terminal {

/// The whole terminal, taken over and put back: the alternate screen, no echo, no lines, no cursor, bracketed
/// paste. Signals that end or stop a process come as values while it lasts, so that the terminal is always
/// put back first.
class Screen {
 public:
  /// Throws UsageError when there is no terminal, or one that cannot move its cursor.
  explicit Screen(Color color);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  int width() const { return m_width; }
  int height() const { return m_height; }
  void draw(const std::vector<Line>& lines);
  /// Draws everything anew next time.
  void forget() { m_drawn.clear(); }

  /// Waits for something at most this long; `wake_fd` may be -1.
  struct Events {
    bool resized = false;  // also after a stop
    bool woken = false;
    bool hung_up = false;  // the terminal is gone
    std::string typed;
  };
  Events wait(int wake_fd, int timeout_ms);
  /// Runs `work` on the terminal as it was before, signals included.
  void step_aside(const std::function<void()>& work);
  /// Throws away what was typed ahead.
  void flush_input();

 private:
  void enter();
  void leave();
  void measure();
  void take_signals(Events& events);
  void stop();
  [[noreturn]] void end_by(int signal);

  util::Fd m_tty;
  util::Fd m_signals;
  Color m_color;
  termios m_saved_modes{};
  sigset_t m_saved_mask{};
  bool m_entered = false;
  int m_width = 80, m_height = 24;
  std::vector<std::string> m_drawn;
};

}  // namespace jit::terminal
