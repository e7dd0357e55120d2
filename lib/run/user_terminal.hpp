#pragma once
#include <sys/ioctl.h>
#include <termios.h>

#include <optional>

#include "util/fd.hpp"

namespace jit::run {

/// The terminal that somebody sits at, opened anew: what is set here of the descriptor is nobody else's. Its
/// settings are put back when it goes out of scope.
class UserTerminal {
 public:
  /// The controlling terminal; without one the first of descriptors 0, 1 and 2 that is a terminal; nullopt
  /// where nobody sits at any.
  static std::optional<UserTerminal> find();
  ~UserTerminal() { restore(); }
  UserTerminal(UserTerminal&& other) noexcept;
  UserTerminal& operator=(UserTerminal&&) = delete;
  UserTerminal(const UserTerminal&) = delete;
  UserTerminal& operator=(const UserTerminal&) = delete;

  int fd() const { return m_fd.get(); }
  const termios& settings() const { return m_found; }
  winsize size() const;
  /// Whether this process may read it now. Where there is no job control, always.
  bool in_foreground() const;
  /// Every byte as it is typed, every byte as it is written.
  void make_raw();
  bool is_raw() const { return m_raw; }
  void restore();

 private:
  explicit UserTerminal(util::Fd fd);
  util::Fd m_fd;
  termios m_found{};
  bool m_raw = false;
};

}  // namespace jit::run
