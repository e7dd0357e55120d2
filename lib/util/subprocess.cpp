#include "util/subprocess.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>

#include "util/error.hpp"
#include "util/spawn.hpp"

namespace jit::util {
namespace {

struct Pipe {
  Fd read, write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw SystemError(errno, "pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

// Waits until the descriptor is ready; false when it is not by then, or `interrupt` is sooner. A deadline
// that has passed still looks once.
bool ready_until(int fd, short events, std::chrono::steady_clock::time_point deadline, int interrupt = -1) {
  while (true) {
    const auto left = std::chrono::ceil<Millis>(deadline - std::chrono::steady_clock::now());
    std::array<pollfd, 2> polled{{{fd, events, 0}, {interrupt, POLLIN, 0}}};
    const int ready =
        ::poll(polled.data(), polled.size(), static_cast<int>(std::max(left, Millis{0}).count()));
    if (ready > 0) return polled[0].revents != 0;
    if (ready < 0 && errno != EINTR) return false;
    if (ready == 0 && left <= Millis{0}) return false;
  }
}

// How a child ended; nullopt while it runs. It is left to be reaped.
std::optional<siginfo_t> end_of(pid_t pid) {
  siginfo_t info{};
  const bool told =
      ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
  return told ? std::optional(info) : std::nullopt;
}

// A child that leads a process group. Neither outlives it.
class Running {
 public:
  explicit Running(pid_t pid) : m_pid(pid) {}
  ~Running() {
    // Not reaped yet, so the group is still its own.
    ::kill(-m_pid, SIGKILL);
    ::kill(m_pid, SIGKILL);
    reap(m_pid);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  std::optional<siginfo_t> ended() const { return end_of(m_pid); }

 private:
  pid_t m_pid;
};

// Reads until there is nothing more for now, or more than `limit`; false at its end.
bool read_what_is_there(const Fd& fd, std::string& bytes, std::size_t limit) {
  std::array<char, 65536> piece{};
  while (bytes.size() <= limit) {
    const ssize_t n = ::read(fd.get(), piece.data(), piece.size());
    if (n > 0) bytes.append(piece.data(), static_cast<std::size_t>(n));
    if (n == 0) return false;
    if (n < 0 && errno != EINTR) return errno == EAGAIN;
  }
  return true;
}

}  // namespace

Helper::Helper(const std::string& program, const std::vector<std::string>& argv,
               const std::vector<std::string>& environment) {
  Pipe to_child = make_pipe();
  Pipe from_child = make_pipe();
  Spawn spawn;
  spawn.put(to_child.read.get(), STDIN_FILENO);
  spawn.put(from_child.write.get(), STDOUT_FILENO);
  spawn.open(STDERR_FILENO, "/dev/null", O_WRONLY);
  spawn.own_session();
  // Whatever jit-run inherited is the command's, not the helper's.
  m_pid = spawn.start(program, argv, pointers_to(environment).data(), STDERR_FILENO + 1,
                      "is jit-run installed completely?");
  m_in = std::move(to_child.write);
  // A helper that does not read must not hold us up.
  ::fcntl(m_in.get(), F_SETFL, O_NONBLOCK);
  m_out = std::move(from_child.read);
}

Helper::~Helper() {
  ::kill(m_pid, SIGKILL);
  reap(m_pid);
}

bool Helper::send(const std::string& line, Millis timeout) {
  // A helper that died must not kill us with SIGPIPE, whose disposition is not ours to change for good.
  struct sigaction ignore {};
  struct sigaction before {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &before);
  const bool sent = write_and_read(line + "\n", timeout);
  ::sigaction(SIGPIPE, &before, nullptr);
  return sent;
}

// It may not read on before what it says is taken: two that only write wait for each other.
bool Helper::write_and_read(std::string_view bytes, Millis timeout) {
  constexpr std::size_t kMostUnread = 64U << 20U;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!bytes.empty()) {
    const ssize_t n = ::write(m_in.get(), bytes.data(), bytes.size());
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
    if (n >= 0 || errno == EINTR) continue;
    if (errno != EAGAIN || m_buffer.size() > kMostUnread) return false;
    // Ready to be read, or to be written: the loop finds out which.
    if (!ready_until(m_in.get(), POLLOUT, deadline, m_out.get()) &&
        !ready_until(m_out.get(), POLLIN, deadline))
      return false;
    if (ready_until(m_out.get(), POLLIN, {}) && !read_some()) return false;
  }
  return true;
}

// False at its end.
bool Helper::read_some() {
  std::array<char, 16384> bytes{};
  ssize_t n = 0;
  do {
    n = ::read(m_out.get(), bytes.data(), bytes.size());
  } while (n < 0 && errno == EINTR);
  if (n > 0) m_buffer.append(bytes.data(), static_cast<std::size_t>(n));
  return n > 0;
}

std::optional<std::string> Helper::receive(Millis timeout, std::size_t limit, int interrupt) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    if (const auto end = m_buffer.find('\n', m_searched); end != std::string::npos) {
      std::string line = m_buffer.substr(0, end);
      m_buffer.erase(0, end + 1);
      m_searched = 0;
      return line;
    }
    m_searched = m_buffer.size();
    if (m_buffer.size() > limit) return std::nullopt;
    if (!ready_until(m_out.get(), POLLIN, deadline, interrupt) || !read_some()) return std::nullopt;
  }
}

std::string Helper::how_it_ended() const {
  // Its output is closed a moment before it has ended.
  constexpr Millis kAMoment{100};
  const Fd ended(static_cast<int>(::syscall(SYS_pidfd_open, m_pid, 0)));
  ready_until(ended.get(), POLLIN, std::chrono::steady_clock::now() + kAMoment);
  const auto end = end_of(m_pid);
  if (!end) return "";
  const std::string status = std::to_string(end->si_status);
  return end->si_code == CLD_EXITED ? "ended with exit code " + status : "was killed by signal " + status;
}

Captured capture(const std::string& program, const std::vector<std::string>& argv, Millis timeout,
                 std::size_t limit, int interrupt) {
  const ChildrenAreKept kept;
  Pipe pipe = make_pipe();
  Spawn spawn;
  spawn.open(STDIN_FILENO, "/dev/null", O_RDONLY);
  spawn.put(pipe.write.get(), STDOUT_FILENO);
  spawn.put(STDOUT_FILENO, STDERR_FILENO);
  spawn.own_session();
  const Running running(spawn.start(program, argv, environ, STDERR_FILENO + 1));
  pipe.write.reset();
  ::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  Captured captured;
  while (true) {
    // Looked at before reading: what it wrote until then is read to its end.
    const auto ended = running.ended();
    const bool open = read_what_is_there(pipe.read, captured.output, limit);
    if (captured.output.size() > limit) {
      captured.end = Captured::End::too_large;
      return captured;
    }
    if (ended) {
      const bool exited = ended->si_code == CLD_EXITED;
      captured.end = exited ? Captured::End::exited : Captured::End::signalled;
      captured.code = ended->si_status;
      return captured;
    }
    const auto left = std::chrono::ceil<Millis>(deadline - std::chrono::steady_clock::now());
    if (left <= Millis{0}) return captured;
    // Its end makes nothing readable where another process holds the pipe.
    const Millis nap = std::min(left, open ? Millis{20} : Millis{2});
    std::array<pollfd, 2> polled{{{open ? pipe.read.get() : -1, POLLIN, 0}, {interrupt, POLLIN, 0}}};
    ::poll(polled.data(), polled.size(), static_cast<int>(nap.count()));
    if (interrupt >= 0 && polled[1].revents != 0) {
      captured.end = Captured::End::interrupted;
      return captured;
    }
  }
}

std::string libexec_directory() {
  std::array<char, PATH_MAX> target{};
  const ssize_t n = ::readlink("/proc/self/exe", target.data(), target.size());
  if (n <= 0 || static_cast<std::size_t>(n) >= target.size()) {
    throw Error("cannot tell where jit-run is installed", "is /proc mounted?");
  }
  std::string path(target.data(), static_cast<std::size_t>(n));
  path.resize(path.rfind('/'));
  // A helper finds its siblings beside itself; a program in bin/ finds them in ../libexec/jit-run.
  if (path.ends_with("/libexec/jit-run")) return path;
  return path.substr(0, path.rfind('/')) + "/libexec/jit-run";
}

}  // namespace jit::util
