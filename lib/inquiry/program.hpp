#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "util/fd.hpp"

namespace jit::inquiry {

/// A program that was started to say something: no shell, nothing to read, no descriptor but 0 to 2, and an
/// environment of PATH and HOME alone. Killed, with its group, when it goes out of scope.
class Program {
 public:
  /// Throws SystemError when it cannot be started.
  Program(const std::vector<std::string>& argv, std::size_t most);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Readable when it has written something, or has ended; -1 when it is over.
  int fd() const { return m_out.get(); }
  /// Reads what there is. True when it is over: it has closed its output and ended, or wrote too much.
  bool advance();
  bool too_long() const { return m_output.size() > m_most; }
  /// Its exit code, or minus the signal.
  int code() const { return m_code; }
  const std::string& output() const { return m_output; }

 private:
  pid_t m_pid = -1;
  util::Fd m_out;
  std::size_t m_most;
  std::string m_output;
  int m_code = 0;
};

}  // namespace jit::inquiry
