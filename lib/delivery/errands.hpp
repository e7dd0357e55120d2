#pragma once
#include <functional>
#include <string>
#include <vector>

#include "service/errand.hpp"

namespace jit::delivery {

/// Reads errands, a line each, from whoever started this (a pipe, which they keep open while they live).
class Errands {
 public:
  using Log = std::function<void(const std::string&)>;
  /// `fd` stays the caller's; -1: nobody asks for anything, or ends.
  Errands(int fd, Log log);

  /// What has come and was not taken yet; never waits. What cannot be read is said, and left out.
  std::vector<service::Errand> take();
  /// Whoever asks is gone.
  bool is_over() const { return m_is_over; }

 private:
  void read_all();

  int m_fd;
  Log m_log;
  std::string m_read;
  bool m_is_over = false;
};

}  // namespace jit::delivery
