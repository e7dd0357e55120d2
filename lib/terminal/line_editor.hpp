#pragma once
#include <string>

#include "terminal/keys.hpp"

namespace jit::terminal {

/// One line of text that is being typed; the cursor is always at its end.
class LineEditor {
 public:
  /// Takes keys that edit; false for all others.
  bool handle(const Key& key);
  const std::string& text() const { return m_text; }

 private:
  void add(const std::string& typed);
  std::string m_text;  // UTF-8 without control characters
};

}  // namespace jit::terminal
