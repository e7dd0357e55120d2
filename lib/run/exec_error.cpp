#include "run/exec_error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "util/error.hpp"

namespace jit::run {
namespace {

constexpr int kNeverStarted = 127;

}  // namespace

ExecError::ExecError() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw util::SystemError(errno, "pipe");
  m_read = util::Fd(ends[0]);
  m_write = util::Fd(ends[1]);
}

void ExecError::tell(int error) {
  (void)!::write(m_write.get(), &error, sizeof error);
  ::_exit(kNeverStarted);
}

int ExecError::wait() {
  m_write.reset();
  int error = 0;
  ssize_t count = 0;
  do {
    count = ::read(m_read.get(), &error, sizeof error);
  } while (count < 0 && errno == EINTR);
  return count == sizeof error ? error : 0;
}

}  // namespace jit::run
