#pragma once
#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigaction is POSIX
#include <spawn.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "util/fd.hpp"

namespace jit::util {

/// What exec(3) and posix_spawn(3) take; good as long as `words` is, and is not changed.
std::vector<char*> pointers_to(const std::vector<std::string>& words);

/// A program that is about to be started: with no signal blocked or ignored, and no descriptor but those that
/// were said.
class Spawn {
 public:
  Spawn();
  ~Spawn();
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;

  void put(int from, int to);
  void open(int to, const char* path, int flags);
  /// In a session of its own: without a terminal, and its signals.
  void own_session();
  /// `program` is a path; nothing of ours from `first_unused` on is passed on. Throws SystemError, with
  /// `hint`.
  pid_t start(const std::string& program, const std::vector<std::string>& argv, char* const* environment,
              int first_unused, const std::string& hint = {});

 private:
  posix_spawn_file_actions_t m_actions{};
  posix_spawnattr_t m_attributes{};
  short m_flags = 0;
};

/// While it lives, children can be waited for: who ignores their ends is never told how they ended.
class ChildrenAreKept {
 public:
  ChildrenAreKept();
  ~ChildrenAreKept();
  ChildrenAreKept(const ChildrenAreKept&) = delete;
  ChildrenAreKept& operator=(const ChildrenAreKept&) = delete;

 private:
  struct sigaction m_before {};
};

/// Waits until a child has ended, however it did.
void reap(pid_t child);

/// A file without a name, read from its beginning: however little of it a program reads, it holds nobody up.
/// Throws SystemError.
Fd file_in_memory(const std::string& bytes);

}  // namespace jit::util
