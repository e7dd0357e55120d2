#pragma once
#include <optional>
#include <string>

#include "util/json.hpp"

namespace jit::http {

/// Reads server-sent events (HTML Living Standard, 9.2) for one thing: the first event whose id is not the
/// one that is known.
class EventReader {
 public:
  explicit EventReader(const util::Json& known);
  /// With the next piece of the stream: that id, once it has come.
  std::optional<std::string> take(const std::string& piece);

 private:
  std::string m_known, m_line, m_id;
};

}  // namespace jit::http
