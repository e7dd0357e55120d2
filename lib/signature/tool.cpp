#include "signature/tool.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "util/error.hpp"
#include "util/fd.hpp"

namespace jit::signature {
namespace {

constexpr std::size_t kMostOutput = 64U << 10U;
constexpr int kFirstDocument = 3;
constexpr int kAboveDocuments = 64;

// A descriptor that no dup2 of the child can land on.
util::Fd out_of_the_way(const util::Fd& fd) {
  util::Fd high(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kAboveDocuments));
  if (!high) throw util::SystemError(errno, "duplicating a descriptor");
  return high;
}

util::Fd in_memory(const std::string& bytes) {
  const util::Fd fd(::memfd_create("jit-run", MFD_CLOEXEC));
  if (!fd || !util::write_all(fd.get(), bytes) || ::lseek(fd.get(), 0, SEEK_SET) != 0)
    throw util::SystemError(errno, "a file in memory");
  return out_of_the_way(fd);
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  for (const auto& word : words) result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

// While it lives, children can be waited for, whatever we were started with.
class Reaping {
 public:
  Reaping() {
    struct sigaction normal {};
    normal.sa_handler = SIG_DFL;
    ::sigaction(SIGCHLD, &normal, &m_before);
  }
  ~Reaping() { ::sigaction(SIGCHLD, &m_before, nullptr); }
  Reaping(const Reaping&) = delete;
  Reaping& operator=(const Reaping&) = delete;

 private:
  struct sigaction m_before {};
};

class Setup {
 public:
  Setup() {
    ::posix_spawn_file_actions_init(&m_actions);
    ::posix_spawnattr_init(&m_attributes);
    sigset_t none{};
    sigset_t all{};
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&m_attributes, &none);
    ::posix_spawnattr_setsigdefault(&m_attributes, &all);
    ::posix_spawnattr_setflags(&m_attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Setup() {
    ::posix_spawn_file_actions_destroy(&m_actions);
    ::posix_spawnattr_destroy(&m_attributes);
  }
  Setup(const Setup&) = delete;
  Setup& operator=(const Setup&) = delete;

  void put(const util::Fd& from, int to) { ::posix_spawn_file_actions_adddup2(&m_actions, from.get(), to); }

  pid_t spawn(const Run& run, int first_unused) {
    // Whatever we inherited or hold is not the tool's.
    ::posix_spawn_file_actions_addclosefrom_np(&m_actions, first_unused);
    pid_t pid = -1;
    const int error = ::posix_spawn(&pid, run.program.c_str(), &m_actions, &m_attributes,
                                    pointers(run.argv).data(), pointers(run.environment).data());
    if (error != 0) throw util::SystemError(error, run.program);
    return pid;
  }

 private:
  posix_spawn_file_actions_t m_actions{};
  posix_spawnattr_t m_attributes{};
};

// What does not end by then is killed.
void wait_within(pid_t pid, util::Millis within) {
  if (within <= util::Millis{0}) return;
  // By its number: the C library of Debian 12 declares the function for C only.
  const util::Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  pollfd ended{process.get(), POLLIN, 0};
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (process) {
    const auto left = std::chrono::ceil<util::Millis>(deadline - std::chrono::steady_clock::now());
    if (left <= util::Millis{0}) break;
    if (::poll(&ended, 1, static_cast<int>(left.count())) > 0) return;
  }
  ::kill(pid, SIGKILL);
}

int exit_code(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

Ended run_tool(const Run& run) {
  Setup setup;
  std::vector<util::Fd> held;
  int next = kFirstDocument;
  for (const auto& document : run.documents) {
    held.push_back(in_memory(document));
    setup.put(held.back(), next++);
  }
  if (run.input) {
    held.push_back(in_memory(*run.input));
    setup.put(held.back(), STDIN_FILENO);
  }
  const util::Fd caught = in_memory("");
  if (run.quiet) {
    setup.put(caught, STDOUT_FILENO);
    setup.put(caught, STDERR_FILENO);
  }
  const Reaping reaping;
  const pid_t pid = setup.spawn(run, next);
  wait_within(pid, run.within);
  Ended ended{exit_code(pid), ""};
  ::lseek(caught.get(), 0, SEEK_SET);
  ended.output = util::read_all(caught.get(), kMostOutput, run.program).value_or("");
  return ended;
}

}  // namespace jit::signature
