#include "terminal/screen.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "util/error.hpp"

namespace jit::terminal {
namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};

// Alternate screen, hidden cursor, bracketed paste (xterm's private modes); and back.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[2J";
constexpr std::string_view kLeave = "\x1b[0m\x1b[?2004l\x1b[?25h\x1b[?1049l";

util::Fd open_screen() {
  constexpr const char* kHint = "use jit-approve list, show, approve and deny instead";
  util::Fd tty(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!tty) throw util::UsageError("the inbox needs a terminal", kHint);
  const char* term = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): nothing here has threads
  if (term == nullptr || *term == '\0' || std::string_view(term) == "dumb") {
    throw util::UsageError("the inbox needs a terminal that can move its cursor", kHint);
  }
  return tty;
}

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : kSignals) {
    // What the parent had ignored (nohup's HUP) stays ignored.
    struct sigaction action {};
    ::sigaction(signal, nullptr, &action);
    if (action.sa_handler != SIG_IGN) sigaddset(&set, signal);
  }
  return set;
}

}  // namespace

Screen::Screen(Color color) : m_tty(open_screen()), m_color(color) {
  if (::tcgetattr(m_tty.get(), &m_saved_modes) != 0) throw util::SystemError(errno, "/dev/tty");
  const sigset_t watched = watched_signals();
  m_signals = util::Fd(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!m_signals) throw util::SystemError(errno, "signalfd");
  ::sigprocmask(SIG_BLOCK, &watched, &m_saved_mask);
  enter();
}

Screen::~Screen() {
  leave();
  ::sigprocmask(SIG_SETMASK, &m_saved_mask, nullptr);
}

void Screen::enter() {
  termios modes = m_saved_modes;
  modes.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  modes.c_iflag &= ~static_cast<tcflag_t>(ICRNL | INLCR | IXON);
  modes.c_cc[VMIN] = 0;
  modes.c_cc[VTIME] = 0;
  m_entered = true;
  ::tcsetattr(m_tty.get(), TCSAFLUSH, &modes);
  (void)util::write_all(m_tty.get(), kEnter);
  measure();
}

void Screen::leave() {
  if (!m_entered) return;
  m_entered = false;
  (void)util::write_all(m_tty.get(), kLeave);
  // What was typed for this screen is not meant for the shell.
  ::tcsetattr(m_tty.get(), TCSAFLUSH, &m_saved_modes);
}

void Screen::step_aside(const std::function<void()>& work) {
  leave();
  sigset_t watched;
  ::sigprocmask(SIG_SETMASK, &m_saved_mask, &watched);
  work();
  ::sigprocmask(SIG_SETMASK, &watched, nullptr);
  enter();
}

void Screen::measure() {
  winsize size{};
  if (::ioctl(m_tty.get(), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    m_width = size.ws_col;
    m_height = size.ws_row;
  }
  forget();
}

void Screen::draw(const std::vector<Line>& lines) {
  std::string output;
  m_drawn.resize(lines.size(), "\n");  // no line is painted like this
  for (std::size_t row = 0; row < lines.size(); ++row) {
    std::string painted = paint(lines[row], m_color);
    if (painted == m_drawn[row]) continue;
    output += "\x1b[" + std::to_string(row + 1) + ";1H\x1b[0m\x1b[2K" + painted;
    m_drawn[row] = std::move(painted);
  }
  if (!output.empty()) (void)util::write_all(m_tty.get(), output);
}

void Screen::flush_input() {
  ::tcflush(m_tty.get(), TCIFLUSH);
}

Screen::Events Screen::wait(int wake_fd, int timeout_ms) {
  Events events;
  std::array<pollfd, 3> fds{{{m_tty.get(), POLLIN, 0}, {m_signals.get(), POLLIN, 0}, {wake_fd, POLLIN, 0}}};
  if (::poll(fds.data(), fds.size(), timeout_ms) <= 0) return events;
  if (fds[1].revents != 0) take_signals(events);
  events.woken = fds[2].revents != 0;
  if (fds[0].revents != 0) {
    std::array<char, 4096> buffer{};
    const ssize_t n = ::read(m_tty.get(), buffer.data(), buffer.size());
    if (n > 0) events.typed.assign(buffer.data(), static_cast<std::size_t>(n));
    events.hung_up =
        (n < 0 && errno != EINTR && errno != EAGAIN) || (n <= 0 && (fds[0].revents & POLLHUP) != 0);
  }
  return events;
}

void Screen::take_signals(Events& events) {
  signalfd_siginfo info{};
  while (::read(m_signals.get(), &info, sizeof info) == sizeof info) {
    switch (static_cast<int>(info.ssi_signo)) {
      case SIGWINCH:
      case SIGCONT:
        measure();
        events.resized = true;
        break;
      case SIGTSTP:
        stop();
        events.resized = true;
        break;
      default:
        end_by(static_cast<int>(info.ssi_signo));
    }
  }
}

// Stops as the shell expects it, with the terminal as it was; and takes it over again when it goes on.
void Screen::stop() {
  leave();
  ::raise(SIGTSTP);  // blocked: stays pending until
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTSTP);
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);  // here, where the process stops
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  ::tcgetattr(m_tty.get(), &m_saved_modes);  // the shell may have changed them
  enter();
}

void Screen::end_by(int signal) {
  leave();
  ::raise(signal);
  ::sigprocmask(SIG_SETMASK, &m_saved_mask, nullptr);
  ::_exit(128 + signal);  // only where the signal is blocked from outside
}

}  // namespace jit::terminal
