#include "util/spawn.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "util/error.hpp"

namespace jit::util {

std::vector<char*> pointers_to(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (const auto& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

Spawn::Spawn() : m_flags(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) {
  ::posix_spawn_file_actions_init(&m_actions);
  ::posix_spawnattr_init(&m_attributes);
  sigset_t none{};
  sigset_t all{};
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&m_attributes, &none);
  ::posix_spawnattr_setsigdefault(&m_attributes, &all);
}

Spawn::~Spawn() {
  ::posix_spawn_file_actions_destroy(&m_actions);
  ::posix_spawnattr_destroy(&m_attributes);
}

void Spawn::put(int from, int to) {
  ::posix_spawn_file_actions_adddup2(&m_actions, from, to);
}

void Spawn::open(int to, const char* path, int flags) {
  ::posix_spawn_file_actions_addopen(&m_actions, to, path, flags, 0);
}

void Spawn::own_session() {
  m_flags = static_cast<short>(m_flags | POSIX_SPAWN_SETSID);
}

pid_t Spawn::start(const std::string& program, const std::vector<std::string>& argv, char* const* environment,
                   int first_unused, const std::string& hint) {
  ::posix_spawn_file_actions_addclosefrom_np(&m_actions, first_unused);
  ::posix_spawnattr_setflags(&m_attributes, m_flags);
  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, program.c_str(), &m_actions, &m_attributes, pointers_to(argv).data(), environment);
  if (error != 0) throw SystemError(error, program, hint);
  return pid;
}

ChildrenAreKept::ChildrenAreKept() {
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  ::sigaction(SIGCHLD, &usual, &m_before);
}

ChildrenAreKept::~ChildrenAreKept() {
  ::sigaction(SIGCHLD, &m_before, nullptr);
}

void reap(pid_t child) {
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Fd file_in_memory(const std::string& bytes) {
  Fd file(::memfd_create("jit-run", MFD_CLOEXEC));
  if (!file || !write_all(file.get(), bytes) || ::lseek(file.get(), 0, SEEK_SET) != 0)
    throw SystemError(errno, "a file in memory");
  return file;
}

}  // namespace jit::util
