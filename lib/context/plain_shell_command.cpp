#include <optional>

#include "context/command_line.hpp"
#include "context/shell_text.hpp"

namespace jit::context {
namespace {

bool is_word_gap(char c) {
  return c == ' ' || c == '\t';
}

// Reads one word of plain text; nullopt at anything that a shell would not take literally.
class PlainReader {
 public:
  explicit PlainReader(std::string_view text) : m_text(text) {}

  std::optional<std::vector<std::string>> read() {
    std::vector<std::string> argv;
    while (true) {
      while (m_at < m_text.size() && is_word_gap(m_text[m_at])) ++m_at;
      if (m_at >= m_text.size()) break;
      auto word = read_word(argv.empty());
      if (!word) return std::nullopt;
      argv.push_back(std::move(*word));
    }
    if (argv.empty() || argv[0].empty() || is_shell_word(argv[0])) return std::nullopt;
    return argv;
  }

 private:
  std::optional<std::string> read_word(bool first) {
    std::string word;
    const std::size_t start = m_at;
    while (m_at < m_text.size() && !is_word_gap(m_text[m_at])) {
      const char c = m_text[m_at++];
      if (c == '\'') {
        const auto end = m_text.find('\'', m_at);
        if (end == std::string_view::npos) return std::nullopt;
        word += m_text.substr(m_at, end - m_at);
        m_at = end + 1;
      } else if (c == '"') {
        if (!read_double_quoted(word)) return std::nullopt;
      } else if (c == '\\') {
        if (m_at >= m_text.size() || m_text[m_at] == '\n') return std::nullopt;
        word += m_text[m_at++];
      } else if (is_plain(c, m_at - 1 == start, first, word)) {
        word += c;
      } else {
        return std::nullopt;
      }
    }
    return word;
  }

  bool is_plain(char c, bool at_start, bool first_word, const std::string& before) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
    if (std::string_view("|&;<>()$`*?[").find(c) != std::string_view::npos) return false;
    switch (c) {
      case '{':
        return m_at < m_text.size() && m_text[m_at] == '}';
      case '}':
        return before.ends_with('{');
      case '~':
        return !at_start && !before.ends_with('=') && !before.ends_with(':');
      case '#':
        return !at_start;
      case '=':  // an assignment; and zsh expands =name
        return !first_word && !at_start;
      case '%':
      case '!':
        return !(first_word && at_start);
      default:
        return true;
    }
  }

  bool read_double_quoted(std::string& word) {
    while (m_at < m_text.size()) {
      const char c = m_text[m_at++];
      if (c == '"') return true;
      if (c == '$' || c == '`') return false;
      if (c == '\\' && m_at < m_text.size()) {
        const char next = m_text[m_at];
        if (next == '\n') return false;
        if (std::string_view("$`\"\\").find(next) != std::string_view::npos) {
          word += next;
          ++m_at;
          continue;
        }
      }
      word += c;
    }
    return false;
  }

  std::string_view m_text;
  std::size_t m_at = 0;
};

}  // namespace

std::optional<std::vector<std::string>> plain_shell_command(std::string_view text) {
  // White space around the command means nothing; a line break inside it would end it.
  const auto start = text.find_first_not_of(" \t\n");
  if (start == std::string_view::npos) return std::nullopt;
  const auto end = text.find_last_not_of(" \t\n");
  // A backslash before the white space that was cut quotes it.
  if (end + 1 < text.size() && text[end] == '\\') return std::nullopt;
  return PlainReader(text.substr(start, end - start + 1)).read();
}

}  // namespace jit::context
