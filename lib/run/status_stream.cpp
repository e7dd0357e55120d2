#include "run/status_stream.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): the masks are POSIX
#include <unistd.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "util/error.hpp"
#include "util/fd.hpp"

namespace jit::run {
namespace {

constexpr int kPatienceMilliseconds = 1000;

// Keeps SIGPIPE from this thread, and swallows the one that a write raised; the disposition is not touched.
class NoBrokenPipe {
 public:
  NoBrokenPipe() {
    ::sigemptyset(&m_pipe);
    ::sigaddset(&m_pipe, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    m_was_pending = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &m_pipe, &m_before);
  }
  ~NoBrokenPipe() {
    const struct timespec now {};
    if (!m_was_pending) (void)::sigtimedwait(&m_pipe, nullptr, &now);
    ::pthread_sigmask(SIG_SETMASK, &m_before, nullptr);
  }
  NoBrokenPipe(const NoBrokenPipe&) = delete;
  NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;

 private:
  sigset_t m_pipe{};
  sigset_t m_before{};
  bool m_was_pending = false;
};

// A reader that does not read must not hold the command up. A pipe that is writable takes a line at once.
bool is_writable(int fd) {
  struct pollfd descriptor {
    fd, POLLOUT, 0
  };
  return ::poll(&descriptor, 1, kPatienceMilliseconds) == 1 && (descriptor.revents & POLLOUT) != 0;
}

}  // namespace

StatusStream::StatusStream(int fd) : m_fd(fd) {
  if (fd < 0) return;
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || (flags & O_PATH) != 0) {
    throw util::UsageError("--status-fd " + std::to_string(fd) + ": not open for writing",
                           "open it in the shell: jit-run --status-fd 3 -- command 3>status");
  }
}

void StatusStream::event(const std::string& name, const std::optional<std::string>& request,
                         const util::Json* more) {
  if (m_fd < 0) return;
  util::Json line = more != nullptr ? *more : util::Json::object();
  line["event"] = name;
  if (request) line["request"] = *request;
  const NoBrokenPipe guard;
  if (is_writable(m_fd)) (void)util::write_all(m_fd, util::compact_json(line) + "\n");
}

}  // namespace jit::run
