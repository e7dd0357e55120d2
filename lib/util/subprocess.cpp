#include "util/subprocess.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>

#include "util/error.hpp"

namespace jit::util {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (const auto& word : words) result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

struct Pipe {
  Fd read, write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw SystemError(errno, "pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

struct SpawnSetup {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  SpawnSetup() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  ~SpawnSetup() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
};

}  // namespace

Helper::Helper(const std::string& program, const std::vector<std::string>& argv,
               const std::vector<std::string>& environment) {
  Pipe to_child = make_pipe();
  Pipe from_child = make_pipe();
  SpawnSetup setup;
  ::posix_spawn_file_actions_adddup2(&setup.actions, to_child.read.get(), 0);
  ::posix_spawn_file_actions_adddup2(&setup.actions, from_child.write.get(), 1);
  ::posix_spawn_file_actions_addopen(&setup.actions, 2, "/dev/null", O_WRONLY, 0);
  // Whatever jit-run inherited is the command's, not the helper's.
  ::posix_spawn_file_actions_addclosefrom_np(&setup.actions, 3);
  sigset_t none{};
  sigset_t all{};
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&setup.attributes, &none);
  ::posix_spawnattr_setsigdefault(&setup.attributes, &all);
  ::posix_spawnattr_setflags(&setup.attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int error = ::posix_spawn(&m_pid, program.c_str(), &setup.actions, &setup.attributes,
                                  pointers(argv).data(), pointers(environment).data());
  if (error != 0) throw SystemError(error, program, "is jit-run installed completely?");
  m_in = std::move(to_child.write);
  m_out = std::move(from_child.read);
}

Helper::~Helper() {
  ::kill(m_pid, SIGKILL);
  while (::waitpid(m_pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool Helper::send(const std::string& line) {
  // A helper that died must not kill us with SIGPIPE, whose disposition is not ours to change for good.
  struct sigaction ignore {};
  struct sigaction before {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &before);
  const bool sent = write_all(m_in.get(), line + "\n");
  ::sigaction(SIGPIPE, &before, nullptr);
  return sent;
}

std::optional<std::string> Helper::receive(Millis timeout, std::size_t limit) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    if (const auto end = m_buffer.find('\n'); end != std::string::npos) {
      std::string line = m_buffer.substr(0, end);
      m_buffer.erase(0, end + 1);
      return line;
    }
    if (m_buffer.size() > limit) return std::nullopt;
    const auto left = std::chrono::ceil<Millis>(deadline - std::chrono::steady_clock::now());
    if (left <= Millis{0}) return std::nullopt;
    pollfd event{m_out.get(), POLLIN, 0};
    const int ready = ::poll(&event, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return std::nullopt;
    if (ready <= 0) continue;
    std::array<char, 16384> bytes{};
    const ssize_t n = ::read(m_out.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;
    m_buffer.append(bytes.data(), static_cast<std::size_t>(n));
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
