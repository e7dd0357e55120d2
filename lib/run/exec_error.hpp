#pragma once
#include "util/fd.hpp"

namespace jit::run {

/// Brings the errno of an exec that failed from a child to its parent; one that succeeds closes the way.
class ExecError {
 public:
  ExecError();
  /// In the child: tells it, and ends.
  [[noreturn]] void tell(int error);
  /// In the parent: 0 once the command runs.
  int wait();
  /// In a process between the two, which does neither.
  void leave() {
    m_read.reset();
    m_write.reset();
  }

 private:
  util::Fd m_read, m_write;
};

}  // namespace jit::run
