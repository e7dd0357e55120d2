#include "terminal/live_line.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string_view>

#include "terminal/render.hpp"
#include "util/fd.hpp"

namespace jit::terminal {
namespace {

constexpr int kUsualWidth = 80;
constexpr std::chrono::seconds kReminder{60};

bool can_rewrite(int fd) {
  if (::isatty(fd) != 1) return false;
  const char* term = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): nothing here has threads
  return term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

std::string without_digits(const std::string& text) {
  std::string rest;
  std::copy_if(text.begin(), text.end(), std::back_inserter(rest), [](char c) { return c < '0' || c > '9'; });
  return rest;
}

}  // namespace

LiveLine::LiveLine(int fd, Color color) : m_fd(fd), m_color(color), m_rewrites(can_rewrite(fd)) {}

void LiveLine::update(const std::string& text) {
  if (!m_rewrites) return print_news(text);
  // One column stays free: a character in the last one makes some terminals wrap. The width is asked for each
  // time, so a resize, or a stop and a continue in another window, needs no signal handler.
  const int width = terminal_width(m_fd, kUsualWidth) - 1;
  const Line line = cut(Line{{text, Style::faint}}, std::max(width, 0));
  // A failed write only costs the display; the decision goes on without it.
  m_shown = util::write_all(m_fd, "\r" + paint(line, m_color) + "\x1b[K");
}

void LiveLine::print_news(const std::string& text) {
  const auto now = std::chrono::steady_clock::now();
  const std::string news = without_digits(text);
  if (news == m_last_news && now - m_last_print < kReminder) return;
  m_last_news = news;
  m_last_print = now;
  (void)util::write_all(m_fd, text + "\n");
}

void LiveLine::finish(const std::string& line) {
  clear();
  (void)util::write_all(m_fd, line + "\n");
}

void LiveLine::clear() {
  if (!m_shown) return;
  (void)util::write_all(m_fd, "\r\x1b[K");
  m_shown = false;
}

}  // namespace jit::terminal
