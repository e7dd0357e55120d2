#pragma once
#include <sys/types.h>

#include <optional>
#include <string>

#include "notify/channel.hpp"
#include "util/fd.hpp"

namespace jit::delivery {

/// A program that was started with its input, with no shell, no descriptors but 0 to 2, and an environment of
/// PATH and HOME alone. Killed with its group when it goes out of scope.
class Program {
 public:
  /// Throws SystemError when it cannot be started.
  explicit Program(const notify::Run& run, const std::vector<std::string>& environment = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Readable when it has ended; -1 where that cannot be told.
  int fd() const { return m_ended.get(); }
  /// Its exit code, or minus the signal; nullopt while it runs.
  std::optional<int> result();

 private:
  pid_t m_pid = -1;
  util::Fd m_ended;
};

}  // namespace jit::delivery
