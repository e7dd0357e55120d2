#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/document.hpp"

namespace jit::yaml {

/// The text of a file, for what yaml-cpp does not tell: what was really written at a place.
class Source {
 public:
  explicit Source(std::string_view text) : m_text(text) {}

  Mark mark_at(std::size_t position) const;
  /// The character at `position`; NUL behind the end.
  char at(std::size_t position) const { return position < m_text.size() ? m_text[position] : '\0'; }
  bool has(std::size_t position, std::string_view written) const {
    return position <= m_text.size() && m_text.substr(position).starts_with(written);
  }
  /// Where the quoted scalar that starts at `position` ends (behind its closing quote); npos when it does
  /// not.
  std::size_t end_of_quoted(std::size_t position) const;
  /// True for a key that `: ` follows on its line and that no `? ` introduces.
  bool is_simple_key(std::size_t position, std::size_t end) const;
  /// True when the quoted scalar that starts at `position` has a line after its first that reads like an
  /// entry of its own
  /// (`key: ` or `- `).
  bool swallows_entry(std::size_t position) const;
  /// The first quote, not before `position`, that opens a scalar and is never closed; npos when there is
  /// none.
  std::size_t find_unclosed_quote(std::size_t position) const;

 private:
  std::string_view m_text;
};

/// What is wrong with the bytes themselves: UTF-8, BOM, tabs, control characters, directives. The first of
/// each kind.
std::vector<Problem> check_bytes(std::string_view text, const std::string& name);

}  // namespace jit::yaml
