#pragma once
#include <string_view>

namespace jit::context {

/// Follows the lines of a text that is redacted line by line, and knows which of them are the body of a
/// private key (PEM, RFC 7468), also where each stands behind a margin, as in a diff.
class KeyLines {
 public:
  /// Whether the next line is a part of a key as a whole.
  bool hides(std::string_view line);

 private:
  bool m_within = false;
};

}  // namespace jit::context
