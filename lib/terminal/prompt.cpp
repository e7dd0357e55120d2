#include "terminal/prompt.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "terminal/render.hpp"
#include "util/fd.hpp"

namespace jit::terminal {
namespace {

// A terminal's line discipline gives at most 4096 bytes a line; more than one read is a line that goes on.
constexpr std::size_t kLongestAnswer = 64U << 10U;

util::Fd open_terminal() {
  return util::Fd(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
}

// Reads up to the end of a line. The terminal stays in its own (canonical) mode, so ^C, ^Z and line editing
// are the terminal's business, and there is nothing to put back.
std::optional<std::string> read_line(int fd) {
  std::string line;
  char byte = 0;
  while (line.size() < kLongestAnswer) {
    const ssize_t n = ::read(fd, &byte, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    if (n == 0) return std::nullopt;
    if (byte == '\n') return line;
    line += byte;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> ask_line(const std::string& question) {
  const util::Fd tty = open_terminal();
  if (!tty) return std::nullopt;
  // What was typed before the question is no answer to it. Thrown away just before the question is written,
  // after all that it is about has been shown: whoever answers what they see is heard, however quick they (or
  // their script) are.
  ::tcdrain(tty.get());
  ::tcflush(tty.get(), TCIFLUSH);
  if (!util::write_all(tty.get(), question)) return std::nullopt;
  auto answer = read_line(tty.get());
  if (!answer) (void)util::write_all(tty.get(), "\n");
  return answer;
}

bool ask_yes(const std::string& question) {
  const auto answer = ask_line(question);
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes" || answer == "YES";
}

std::optional<Terminal> find_terminal(const std::string& color_setting) {
  const util::Fd tty = open_terminal();
  if (!tty) return std::nullopt;
  return Terminal{terminal_width(tty.get(), 80), choose_color(color_setting, tty.get())};
}

}  // namespace jit::terminal
