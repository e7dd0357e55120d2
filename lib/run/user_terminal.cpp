#include "run/user_terminal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <utility>

namespace jit::run {
namespace {

util::Fd open_terminal(const char* path) {
  return util::Fd(::open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
}

}  // namespace

UserTerminal::UserTerminal(util::Fd fd) : m_fd(std::move(fd)) {
  ::tcgetattr(m_fd.get(), &m_found);
}

UserTerminal::UserTerminal(UserTerminal&& other) noexcept
    : m_fd(std::move(other.m_fd)), m_found(other.m_found), m_raw(std::exchange(other.m_raw, false)) {}

std::optional<UserTerminal> UserTerminal::find() {
  if (auto fd = open_terminal("/dev/tty")) return UserTerminal(std::move(fd));
  for (int standard = 0; standard <= 2; ++standard) {
    std::array<char, PATH_MAX> name{};
    if (::ttyname_r(standard, name.data(), name.size()) != 0) continue;
    if (auto fd = open_terminal(name.data())) return UserTerminal(std::move(fd));
  }
  return std::nullopt;
}

winsize UserTerminal::size() const {
  winsize size{};
  ::ioctl(m_fd.get(), TIOCGWINSZ, &size);
  return size;
}

bool UserTerminal::in_foreground() const {
  const pid_t foreground = ::tcgetpgrp(m_fd.get());
  return foreground < 0 || foreground == ::getpgrp();
}

void UserTerminal::make_raw() {
  // What is set while it is not raw is what somebody finds again.
  if (!m_raw) ::tcgetattr(m_fd.get(), &m_found);
  termios raw = m_found;
  ::cfmakeraw(&raw);
  // Not after what is still to be written: a terminal that takes nothing would keep us.
  m_raw = ::tcsetattr(m_fd.get(), TCSANOW, &raw) == 0 || m_raw;
}

void UserTerminal::restore() {
  if (m_raw) ::tcsetattr(m_fd.get(), TCSANOW, &m_found);
  m_raw = false;
}

}  // namespace jit::run
