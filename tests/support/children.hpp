#pragma once
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <stdexcept>
#include <vector>

namespace jit::test {

/// Runs `work` in `count` processes at once and gives their exit codes (-1: killed). A database is opened in
/// the child: a connection must not cross a fork.
inline std::vector<int> in_parallel(int count, const std::function<int(int)>& work) {
  int gate[2];
  if (::pipe(gate) != 0) throw std::runtime_error("pipe");
  std::vector<pid_t> children;
  for (int i = 0; i < count; ++i) {
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("fork");
    if (child == 0) {
      ::close(gate[1]);
      char byte = 0;
      (void)!::read(gate[0], &byte, 1);  // until all are there
      int code = 99;
      try {
        code = work(i);
      } catch (const std::exception& error) {
        ::dprintf(STDERR_FILENO, "process %d of %d: %s\n", i, count, error.what());
        code = 98;
      }
      ::_exit(code);
    }
    children.push_back(child);
  }
  ::close(gate[0]);
  ::close(gate[1]);
  std::vector<int> codes;
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    codes.push_back(WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  }
  return codes;
}

}  // namespace jit::test
