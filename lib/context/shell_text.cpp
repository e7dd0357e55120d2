#include "context/shell_text.hpp"

#include <algorithm>
#include <array>

namespace jit::context {
namespace {

constexpr std::size_t kMaxCommands = 256;
constexpr std::size_t kMaxNesting = 16;
constexpr std::size_t kMaxText = 1U << 20U;

// Reserved words after which a command starts (those of zsh and fish too), and those after which none does
// until the next separator.
constexpr std::array<std::string_view, 24> kBeforeCommand = {
    "{",     "}",    "!",      "if", "then",   "elif",  "else", "fi", "do",  "done",   "esac",      "while",
    "until", "time", "coproc", "]]", "always", "begin", "and",  "or", "not", "noglob", "nocorrect", "end"};
constexpr std::array<std::string_view, 4> kBeforeWords = {"for", "select", "case", "[["};
// A command starts after the word that follows these.
constexpr std::array<std::string_view, 2> kBeforeName = {"function", "repeat"};

bool is_one_of(std::string_view word, const auto& list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// NAME=…, NAME+=… or NAME[…]=… : what stands there sets a variable.
bool is_assignment(std::string_view word) {
  const auto equals = word.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  std::string_view name = word.substr(0, equals);
  if (name.ends_with('+')) name.remove_suffix(1);
  name = name.substr(0, name.find('['));
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), is_name_byte);
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

class Splitter {
 public:
  Splitter(std::string_view text, std::size_t nesting, ShellCommands& out)
      : m_text(text), m_nesting(nesting), m_out(out) {}

  void split() {
    if (m_nesting > kMaxNesting) {
      m_out.unsure = true;
      return;
    }
    while (m_at < m_text.size() && m_out.all.size() < kMaxCommands) step();
    end_command();
    if (m_at < m_text.size()) m_out.unsure = true;
  }

 private:
  void step() {
    const char c = m_text[m_at];
    switch (c) {
      case ' ':
      case '\t':
        ++m_at;
        end_word();
        return;
      case '\n':
      case ';':
      case '&':
      case '|':
      case '(':
      case ')':
        if (c == '&' && peek(1) == '>') {
          // bash redirects; for other shells the command ends here, and what follows is another one.
          m_out.unsure = true;
          ++m_at;
          return redirect();
        }
        ++m_at;
        return end_command();
      case '<':
      case '>':
        return redirect();
      case '#':
        if (!m_in_word) {
          m_at = std::min(m_text.find('\n', m_at), m_text.size());
          return;
        }
        break;
      case '\\':
        return escape();
      case '\'':
        return single_quoted();
      case '"':
        return double_quoted();
      case '$':
        return dollar();
      case '`':
        return backquoted();
      case '*':
      case '?':
      case '[':
      case '~':
        m_literal = false;
        break;
      case '{':
        // "{" alone is a reserved word and "{}" is plain; all else may be a brace expansion.
        if (m_in_word || !(is_blank(peek(1)) || peek(1) == '\n' || peek(1) == '}')) m_literal = false;
        break;
      default:
        break;
    }
    add(c);
    ++m_at;
  }

  char peek(std::size_t offset) const { return m_at + offset < m_text.size() ? m_text[m_at + offset] : '\0'; }

  void add(char c) {
    m_word += c;
    m_in_word = true;
  }

  void quote() {
    m_first_quote = std::min(m_first_quote, m_word.size());
    m_in_word = true;
  }

  void escape() {
    if (m_at + 1 >= m_text.size()) {
      add('\\');
    } else if (m_text[m_at + 1] != '\n') {
      quote();
      add(m_text[m_at + 1]);
    }
    m_at = std::min(m_at + 2, m_text.size());
  }

  void single_quoted() {
    quote();
    const auto end = m_text.find('\'', m_at + 1);
    if (end == std::string_view::npos) m_out.unsure = true;
    m_word += m_text.substr(m_at + 1, end - m_at - 1);
    m_at = std::min(end, m_text.size() - 1) + 1;
  }

  void double_quoted() {
    quote();
    ++m_at;
    while (m_at < m_text.size() && m_text[m_at] != '"') {
      const char c = m_text[m_at];
      if (c == '$' && peek(1) != '\'' && peek(1) != '"') {
        dollar();
      } else if (c == '`') {
        backquoted();
      } else if (c == '\\' && m_at + 1 < m_text.size()) {
        const char next = m_text[m_at + 1];
        if (std::string_view("$`\"\\\n").find(next) == std::string_view::npos) m_word += c;
        if (next != '\n') m_word += next;
        m_at += 2;
      } else {
        m_word += c;
        ++m_at;
      }
    }
    if (m_at >= m_text.size()) m_out.unsure = true;
    m_at = std::min(m_at + 1, m_text.size());
  }

  // An expansion. What it gives is unknown; a command inside it is found.
  void dollar() {
    const char next = peek(1);
    if (next == '(') {
      const std::size_t start = m_at + 2;
      const std::size_t end = end_of_group(start, '(', ')');
      substitution(start, end);
    } else if (next == '{') {
      const std::size_t start = m_at + 2;
      const std::size_t end = end_of_group(start, '{', '}');
      nested(m_text.substr(start, end - start), true);
      keep_until(std::min(end + 1, m_text.size()));
    } else if (next == '\'') {
      ansi_quoted();
    } else if (is_name_byte(next) || std::string_view("@*#?$!-\"[").find(next) != std::string_view::npos) {
      m_literal = false;
      add('$');
      ++m_at;
    } else {
      add('$');
      ++m_at;
    }
  }

  // $'…' with escapes: quoted so by bash and zsh, but not by dash, where a backslash before the end means
  // nothing.
  void ansi_quoted() {
    quote();
    m_literal = false;
    std::size_t end = m_at + 2;
    while (end < m_text.size() && m_text[end] != '\'') end += m_text[end] == '\\' ? 2 : 1;
    end = std::min(end, m_text.size());
    const std::string_view body = m_text.substr(m_at + 2, end - std::min(m_at + 2, end));
    if (end == m_text.size() || body.find('\\') != std::string_view::npos) m_out.unsure = true;
    keep_until(std::min(end + 1, m_text.size()));
  }

  void substitution(std::size_t start, std::size_t end) {
    nested(m_text.substr(start, end - start), false);
    keep_until(std::min(end + 1, m_text.size()));
  }

  void backquoted() {
    std::string body;
    std::size_t i = m_at + 1;
    for (; i < m_text.size() && m_text[i] != '`'; ++i) {
      if (m_text[i] == '\\' && i + 1 < m_text.size()) ++i;
      body += m_text[i];
    }
    if (i >= m_text.size()) m_out.unsure = true;
    nested(body, false);
    keep_until(std::min(i + 1, m_text.size()));
  }

  // The text from here to `end` becomes part of the word as it is written.
  void keep_until(std::size_t end) {
    m_word += m_text.substr(m_at, end - m_at);
    m_in_word = true;
    m_literal = false;
    m_at = end;
  }

  void nested(std::string_view text, bool only_substitutions) {
    // Of ${x:-…} only the substitutions inside are commands.
    if (only_substitutions && text.find_first_of("`(") == std::string_view::npos) return;
    Splitter(text, m_nesting + 1, m_out).split();
  }

  // Where the group that starts here ends; quotes and groups inside are passed over. At most the end of the
  // text.
  std::size_t end_of_group(std::size_t at, char open, char close) {
    int depth = 1;
    while (at < m_text.size()) {
      const char c = m_text[at];
      if (c == '\\') {
        ++at;
      } else if (c == '\'' || c == '"') {
        at = end_of_quote(at);
      } else if (c == open) {
        ++depth;
      } else if (c == close && --depth == 0) {
        return at;
      }
      ++at;
    }
    m_out.unsure = true;
    return m_text.size();
  }

  std::size_t end_of_quote(std::size_t at) const {
    const char quote = m_text[at++];
    while (at < m_text.size() && m_text[at] != quote) at += quote == '"' && m_text[at] == '\\' ? 2 : 1;
    return at;
  }

  void redirect() {
    // The descriptor's number directly before the operator belongs to it.
    const bool number = m_in_word && m_first_quote == std::string::npos &&
                        m_word.find_first_not_of("0123456789") == std::string::npos;
    if (number) {
      m_word.clear();
      m_in_word = false;
    } else {
      end_word();
    }
    const bool substitutes = peek(1) == '(';
    while (m_at < m_text.size() && (m_text[m_at] == '<' || m_text[m_at] == '>')) ++m_at;
    if (substitutes) {  // <(…) and >(…) are words
      const std::size_t end = end_of_group(m_at + 1, '(', ')');
      --m_at;
      return substitution(m_at + 2, end);
    }
    if (m_at < m_text.size() && (m_text[m_at] == '&' || m_text[m_at] == '|' || m_text[m_at] == '-')) ++m_at;
    m_drop_word = true;
  }

  void end_word() {
    if (!m_in_word) return;
    const std::string word = std::move(m_word);
    const std::size_t first_quote = m_first_quote;
    const bool reserved = first_quote == std::string::npos;
    const bool literal = m_literal;
    m_word.clear();
    m_in_word = false;
    m_first_quote = std::string::npos;
    m_literal = true;
    if (m_drop_word) {
      m_drop_word = false;
      return;
    }
    if (m_command.argv.empty()) {
      if (is_assignment(word) && word.find('=') < first_quote) return;
      // Options behind "time" are those of the program, where the shell has no such keyword.
      const bool option_of_time = m_after_time && word.starts_with('-');
      m_after_time = reserved && word == "time";
      if (option_of_time) m_command.argv.emplace_back("time");
      m_after_coproc = m_after_coproc || (reserved && word == "coproc");
      if (reserved && is_one_of(word, kBeforeCommand)) return;
      if (reserved && is_one_of(word, kBeforeName)) m_drop_word = true;
      if (m_drop_word) return;
      if (reserved && is_one_of(word, kBeforeWords)) m_words_only = true;
    } else if (m_after_coproc && m_command.argv.size() == 1 && reserved &&
               (is_one_of(word, kBeforeCommand) || is_one_of(word, kBeforeWords))) {
      // coproc NAME { …; }: what stood there was a name, at least for bash.
      m_out.unsure = true;
      end_command();
      return;
    } else if (m_words_only && reserved && (word == "do" || word == "]]")) {
      m_command = {};
      m_words_only = false;
      return;
    }
    m_command.argv.push_back(word);
    m_command.literal = m_command.literal && literal;
  }

  void end_command() {
    end_word();
    m_drop_word = false;
    if (!m_command.argv.empty() && !m_words_only) {
      const std::string& name = m_command.argv[0];
      if (name == "alias" || name == "hash" || name == "enable") m_out.unsure = true;
      if (m_out.all.size() < kMaxCommands) {
        m_out.all.push_back(std::move(m_command));
      } else {
        m_out.unsure = true;
      }
    }
    m_command = {};
    m_words_only = m_after_time = m_after_coproc = false;
  }

  std::string_view m_text;
  std::size_t m_nesting;
  ShellCommands& m_out;
  std::size_t m_at = 0;
  std::string m_word;
  std::size_t m_first_quote = std::string::npos;  // where the first quoted part of m_word starts
  bool m_in_word = false, m_literal = true, m_drop_word = false, m_words_only = false;
  bool m_after_time = false, m_after_coproc = false;
  ShellCommand m_command;
};

}  // namespace

bool is_shell_word(std::string_view word) {
  return is_one_of(word, kBeforeCommand) || is_one_of(word, kBeforeWords) || is_one_of(word, kBeforeName) ||
         word == "in" || word == "alias" || word == "hash" || word == "enable";
}

ShellCommands split_shell_text(std::string_view text) {
  ShellCommands commands;
  if (text.size() > kMaxText) {
    commands.unsure = true;
    return commands;
  }
  Splitter(text, 0, commands).split();
  return commands;
}

}  // namespace jit::context
