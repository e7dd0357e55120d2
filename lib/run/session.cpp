#include "run/session.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>

#include "run/monitor.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"

namespace jit::run {
namespace {

using Clock = std::chrono::steady_clock;

// Without job control nothing tells that a shell has put this process into the foreground.
constexpr std::chrono::milliseconds kLook{200};
// Of what others that the command has left behind still show.
constexpr std::chrono::milliseconds kQuiet{200};
constexpr std::chrono::seconds kAfterTheEnd{2};
// A terminal that takes nothing for so long, as after ^S, has seen all that it will.
constexpr std::chrono::seconds kForTheTerminal{60};
constexpr std::size_t kMostWaiting = 64U << 10U;

struct Ends {
  util::Fd ours, theirs;
};

Ends make_pty(const UserTerminal& terminal) {
  int ours = -1;
  int theirs = -1;
  const winsize size = terminal.size();
  if (::openpty(&ours, &theirs, nullptr, &terminal.settings(), &size) != 0)
    throw util::SystemError(errno, "a pty for the session");
  Ends pty{util::Fd(ours), util::Fd(theirs)};
  ::fcntl(ours, F_SETFD, FD_CLOEXEC);
  ::fcntl(theirs, F_SETFD, FD_CLOEXEC);
  ::fcntl(ours, F_SETFL, O_NONBLOCK);
  return pty;
}

Ends make_line() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw util::SystemError(errno, "a socket for the session");
  return {util::Fd(ends[0]), util::Fd(ends[1])};
}

bool is_pipe(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

// Bytes on their way: taken from one side only while there is room.
class Passage {
 public:
  bool has_room() const { return m_waiting.size() < kMostWaiting; }
  bool is_empty() const { return m_waiting.empty(); }
  void drop() { m_waiting.clear(); }

  // What was read; empty at the end, nullopt where there is nothing now.
  std::optional<std::string_view> read(int from) {
    const ssize_t count = ::read(from, m_piece.data(), m_piece.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
    const std::string_view piece(m_piece.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    m_waiting += piece;
    return piece;
  }

  // False when nobody takes them any more.
  bool write(int to) {
    const ssize_t count = ::write(to, m_waiting.data(), m_waiting.size());
    if (count > 0) m_waiting.erase(0, static_cast<std::size_t>(count));
    return count >= 0 || errno == EAGAIN || errno == EINTR;
  }

 private:
  std::string m_waiting;
  std::array<char, 16384> m_piece{};
};

class Session {
 public:
  Session(util::Fd pty, util::Fd line, pid_t monitor, const HeldSignals& signals, UserTerminal& terminal,
          const Shown& shown, bool wants_terminal)
      : m_pty(std::move(pty)),
        m_line(std::move(line)),
        m_monitor(monitor),
        m_signals(signals),
        m_terminal(terminal),
        m_shown(shown),
        m_wants_terminal(wants_terminal) {
    if (m_wants_terminal && m_terminal.in_foreground()) m_terminal.make_raw();
  }

  // The command's status; nullopt where the monitor was killed.
  std::optional<int> run() {
    while (!m_is_over) step();
    m_ended = m_heard = Clock::now();
    while (is_to_drain()) step();
    flush();
    m_terminal.restore();
    return m_status;
  }

 private:
  void step() {
    std::array<pollfd, 4> events{{{m_signals.fd(), POLLIN, 0},
                                  {m_line.get(), static_cast<short>(m_is_over ? 0 : POLLIN), 0},
                                  {m_pty_open ? m_pty.get() : -1, pty_events(), 0},
                                  {m_terminal_open ? m_terminal.fd() : -1, terminal_events(), 0}}};
    if (events[3].events == 0) events[3].fd = -1;  // that it was hung up is seen where it is used
    if (m_is_over) events[1].fd = -1;
    ::poll(events.data(), events.size(), timeout());
    if ((events[3].revents & (POLLOUT | POLLERR)) != 0) write_terminal();
    if ((events[3].revents & (POLLIN | POLLHUP)) != 0) read_terminal();
    if ((events[2].revents & POLLOUT) != 0 && !m_typed.write(m_pty.get())) m_typed.drop();
    if ((events[2].revents & (POLLIN | POLLHUP)) != 0) read_pty();
    if (events[1].revents != 0) hear();
    while (const auto signal = m_signals.take()) pass_on(*signal);
    if (m_wants_terminal && !m_terminal.is_raw() && !m_is_over) take_terminal_if_free();
  }

  short pty_events() const {
    return static_cast<short>((m_output.has_room() ? POLLIN : 0) | (m_typed.is_empty() ? 0 : POLLOUT));
  }
  short terminal_events() const {
    const bool reads = m_terminal.is_raw() && m_typed.has_room() && !m_is_over;
    return static_cast<short>((reads ? POLLIN : 0) | (m_output.is_empty() ? 0 : POLLOUT));
  }
  int timeout() const {
    if (m_is_over) return static_cast<int>(kQuiet.count());
    return m_wants_terminal && !m_terminal.is_raw() && m_terminal_open ? static_cast<int>(kLook.count()) : -1;
  }

  void read_pty() {
    const auto piece = m_output.read(m_pty.get());
    if (!piece) return;
    m_heard = Clock::now();
    m_pty_open = !piece->empty();
    if (m_pty_open) m_shown.output(*piece);
    if (!m_terminal_open) m_output.drop();
  }

  void read_terminal() {
    if (!m_terminal.is_raw() || m_is_over) return;
    const auto piece = m_typed.read(m_terminal.fd());
    if (piece && piece->empty()) lose_terminal();
  }

  void write_terminal() {
    if (!m_output.write(m_terminal.fd())) lose_terminal();
  }

  // Whoever sat there is gone. The command is told, and may go on.
  void lose_terminal() {
    m_terminal_open = false;
    m_output.drop();
    tell(SIGHUP);
  }

  void tell(int order) { (void)!::send(m_line.get(), &order, sizeof order, MSG_NOSIGNAL); }

  void hear() {
    int status = 0;
    const ssize_t count = ::recv(m_line.get(), &status, sizeof status, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count == sizeof status && WIFSTOPPED(status)) return stopped_by(WSTOPSIG(status));
    // Without a word the monitor was killed, as the command could: nothing is known of that.
    if (count == sizeof status) m_status = status;
    m_is_over = true;
  }

  void stopped_by(int signal) {
    const bool wants_terminal = signal == SIGTTIN || signal == SIGTTOU;
    m_wants_terminal = m_wants_terminal || wants_terminal;
    if (!wants_terminal || !m_terminal_open || !m_terminal.in_foreground()) {
      show_what_is_there();
      m_terminal.restore();
      m_signals.stop_by(signal, signal != SIGSTOP);
    }
    go_on();
  }

  // What it has shown before it stopped, as far as the terminal takes it at once.
  void show_what_is_there() {
    while (m_pty_open && m_output.has_room()) {
      pollfd event{m_pty.get(), POLLIN, 0};
      if (::poll(&event, 1, 0) != 1) break;
      read_pty();
      if (m_terminal_open && !m_output.is_empty()) write_terminal();
    }
    if (m_terminal_open && !m_output.is_empty()) write_terminal();
  }

  void go_on() {
    const bool may = m_wants_terminal && m_terminal_open && m_terminal.in_foreground();
    if (may) m_terminal.make_raw();
    copy_size();
    tell(may ? kForeground : kBackground);
  }

  void take_terminal_if_free() {
    if (!m_terminal_open || !m_terminal.in_foreground()) return;
    m_terminal.make_raw();
    if (m_terminal.is_raw()) tell(kForeground);
  }

  void copy_size() {
    winsize now{};
    const winsize size = m_terminal.size();
    ::ioctl(m_pty.get(), TIOCGWINSZ, &now);
    if (!m_terminal_open || (now.ws_col == size.ws_col && now.ws_row == size.ws_row)) return;
    ::ioctl(m_pty.get(), TIOCSWINSZ, &size);  // the kernel tells the command
    m_shown.resized(size.ws_col, size.ws_row);
  }

  // In another session than the command, this process gets for it what the kernel sends, too.
  void pass_on(const signalfd_siginfo& signal) {
    const auto number = static_cast<int>(signal.ssi_signo);
    if (number == SIGCHLD) return;
    if (number == SIGWINCH) return copy_size();
    if (m_is_over || is_from(signal, m_monitor)) return;
    tell(number);
  }

  bool is_to_drain() const {
    const auto now = Clock::now();
    return m_pty_open && now - m_heard < kQuiet && now - m_ended < kAfterTheEnd;
  }

  void flush() {
    while (m_terminal_open && !m_output.is_empty()) {
      std::array<pollfd, 2> events{{{m_terminal.fd(), POLLOUT, 0}, {m_signals.ending_fd(), POLLIN, 0}}};
      constexpr std::chrono::milliseconds kPatience = kForTheTerminal;
      if (::poll(events.data(), events.size(), static_cast<int>(kPatience.count())) <= 0) return;
      if (events[1].revents != 0) return;
      write_terminal();
    }
  }

  util::Fd m_pty, m_line;
  pid_t m_monitor;
  const HeldSignals& m_signals;
  UserTerminal& m_terminal;
  const Shown& m_shown;
  bool m_wants_terminal;
  bool m_pty_open = true, m_terminal_open = true;
  Passage m_typed, m_output;
  bool m_is_over = false;  // the command, or all that could be heard of it
  std::optional<int> m_status;
  Clock::time_point m_ended{}, m_heard{};
};

}  // namespace

Ended run_session(const approval::Permit& permit, const std::string& path,
                  const std::vector<std::string>& argv, const HeldSignals& signals, UserTerminal& terminal,
                  const Shown& shown) {
  Ends pty = make_pty(terminal);
  Ends line = make_line();
  ExecError error;
  const bool wants_terminal = !is_pipe(STDIN_FILENO) && !is_pipe(STDOUT_FILENO);
  const bool has_terminal = wants_terminal && terminal.in_foreground();
  const pid_t monitoring = ::fork();
  if (monitoring < 0) throw util::SystemError(errno, "starting the command");
  if (monitoring == 0)
    monitor({permit, path, argv}, std::move(pty.theirs), std::move(line.theirs), error, signals,
            has_terminal);
  pty.theirs.reset();
  line.theirs.reset();
  const int number = error.wait();
  Ended ended{number};
  if (number == 0) {
    Session session(std::move(pty.ours), std::move(line.ours), monitoring, signals, terminal, shown,
                    wants_terminal);
    ended.status = session.run();
  }
  line.ours.reset();
  ::waitpid(monitoring, nullptr, 0);
  return ended;
}

}  // namespace jit::run
