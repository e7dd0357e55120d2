#pragma once
#include <optional>
#include <string>

#include "util/json.hpp"

namespace jit::run {

/// `--status-fd`: one JSON object a line, each with `event` and, where known, `request`. The descriptor
/// belongs to the caller and is left open for the command. A reader that went away is not an error: it never
/// stops or starts a command.
class StatusStream {
 public:
  /// -1: write nothing. Throws UsageError when the descriptor is not open for writing.
  explicit StatusStream(int fd = -1);
  void event(const std::string& name, const std::optional<std::string>& request = {},
             const util::Json* more = nullptr);

 private:
  int m_fd;
};

}  // namespace jit::run
