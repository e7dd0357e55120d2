#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace jit::util {

/// Owns one file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : m_fd(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;

  int get() const { return m_fd; }
  int release() { return std::exchange(m_fd, -1); }
  void reset();
  explicit operator bool() const { return m_fd >= 0; }

 private:
  int m_fd = -1;
};

/// Reads until the end; nullopt when there are more than `limit` bytes. Throws SystemError naming `name`.
std::optional<std::string> read_all(int fd, std::size_t limit, const std::string& name);

/// Writes all of it, retrying short writes and EINTR. False on any error (errno is kept).
bool write_all(int fd, std::string_view bytes);

/// Puts an O_CLOEXEC /dev/null on each of the descriptors 0, 1 and 2 that is closed, so that no file opened
/// later can land there; an exec closes them again. Call first in main. Throws SystemError.
void reserve_standard_descriptors();

}  // namespace jit::util
