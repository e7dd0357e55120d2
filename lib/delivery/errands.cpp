#include "delivery/errands.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "util/error.hpp"

namespace jit::delivery {
namespace {

constexpr std::size_t kMostRead = 1U << 20U;  // what a pipe can hold, and more than anybody clicks

}  // namespace

Errands::Errands(int fd, Log log) : m_fd(fd), m_log(std::move(log)) {
  if (m_fd < 0) return;
  const int flags = ::fcntl(m_fd, F_GETFL);
  if (flags < 0 || ::fcntl(m_fd, F_SETFL, flags | O_NONBLOCK) != 0)
    throw util::SystemError(errno, "what is to be done cannot be read");
}

void Errands::read_all() {
  std::array<char, 4096> bytes{};
  while (m_read.size() < kMostRead) {
    const ssize_t count = ::read(m_fd, bytes.data(), bytes.size());
    if (count > 0) {
      m_read.append(bytes.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
      m_is_over = true;
      return;
    } else if (errno == EAGAIN) {
      return;
    }
  }
}

std::vector<service::Errand> Errands::take() {
  if (m_fd < 0 || m_is_over) return {};
  read_all();
  std::vector<service::Errand> errands;
  for (auto end = m_read.find('\n'); end != std::string::npos; end = m_read.find('\n')) {
    const std::string line = m_read.substr(0, end);
    m_read.erase(0, end + 1);
    try {
      errands.push_back(service::errand_of(line));
    } catch (const util::Error& error) {
      m_log(std::string("an errand cannot be read: ") + error.what());
    }
  }
  if (m_read.size() >= kMostRead) m_read.clear();
  return errands;
}

}  // namespace jit::delivery
