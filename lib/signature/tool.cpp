#include "signature/tool.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/spawn.hpp"

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
  return out_of_the_way(util::file_in_memory(bytes));
}

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
  util::Spawn spawn;
  std::vector<util::Fd> held;
  int next = kFirstDocument;
  for (const auto& document : run.documents) {
    held.push_back(in_memory(document));
    spawn.put(held.back().get(), next++);
  }
  if (run.input) {
    held.push_back(in_memory(*run.input));
    spawn.put(held.back().get(), STDIN_FILENO);
  }
  const util::Fd caught = in_memory("");
  if (run.quiet) {
    spawn.put(caught.get(), STDOUT_FILENO);
    spawn.put(caught.get(), STDERR_FILENO);
  }
  const util::ChildrenAreKept kept;
  const pid_t pid = spawn.start(run.program, run.argv, util::pointers_to(run.environment).data(), next);
  wait_within(pid, run.within);
  Ended ended{exit_code(pid), ""};
  ::lseek(caught.get(), 0, SEEK_SET);
  ended.output = util::read_all(caught.get(), kMostOutput, run.program).value_or("");
  return ended;
}

}  // namespace jit::signature
