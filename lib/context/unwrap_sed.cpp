// GNU sed runs commands: "e", and "e" behind "s/…/…/".
#include <algorithm>
#include <optional>
#include <string>

#include "context/wrappers.hpp"

namespace jit::context {
namespace {

// Reads a script; what it cannot read may run a command.
class SedScript {
 public:
  explicit SedScript(std::string_view text) : m_text(text) {}

  bool may_run_commands() {
    while (true) {
      skip(" \t\n;{}");
      if (m_at >= m_text.size()) return false;
      if (!pass_address() || !pass_command()) return true;
    }
  }

 private:
  char next() const { return m_at < m_text.size() ? m_text[m_at] : '\0'; }
  void skip(std::string_view bytes) { m_at = std::min(m_text.find_first_not_of(bytes, m_at), m_text.size()); }
  void pass_until(std::string_view bytes) {
    m_at = std::min(m_text.find_first_of(bytes, m_at), m_text.size());
  }

  // To behind the delimiter that is not escaped.
  bool pass_part(char delimiter) {
    for (; m_at < m_text.size(); ++m_at) {
      if (m_text[m_at] == delimiter) {
        ++m_at;
        return true;
      }
      if (m_text[m_at] == '\\') ++m_at;
    }
    return false;
  }

  // A regular expression, to behind its delimiter. Within brackets this one is none: not read.
  bool pass_regex(char delimiter) {
    const std::size_t start = m_at;
    return pass_part(delimiter) && brackets_are_closed(m_text.substr(start, m_at - 1 - start));
  }

  static bool brackets_are_closed(std::string_view regex) {
    for (std::size_t i = 0; i < regex.size(); ++i) {
      if (regex[i] == '\\') {
        ++i;
        continue;
      }
      if (regex[i] != '[') continue;
      ++i;
      if (i < regex.size() && regex[i] == '^') ++i;
      if (i < regex.size() && regex[i] == ']') ++i;
      for (; i < regex.size() && regex[i] != ']'; ++i) {
        // [:alpha:], [=a=], [.a.]
        if (regex[i] != '[' || i + 1 >= regex.size() ||
            std::string_view(":=.").find(regex[i + 1]) == std::string_view::npos)
          continue;
        const auto end = regex.find(std::string{regex[i + 1], ']'}, i + 2);
        if (end == std::string_view::npos) return false;
        i = end + 1;
      }
      if (i >= regex.size()) return false;
    }
    return true;
  }

  bool pass_address() {
    while (true) {
      skip(" \t0123456789$,+~!");
      if (next() == '/') {
        ++m_at;
        if (!pass_regex('/')) return false;
      } else if (next() == '\\') {
        ++m_at;
        const char delimiter = next();
        ++m_at;
        if (!pass_regex(delimiter)) return false;
      } else {
        return true;
      }
      skip("IM");
    }
  }

  bool pass_substitution() {
    const char delimiter = next();
    ++m_at;
    if (delimiter == '\0' || delimiter == '\n' || delimiter == '\\') return false;
    return pass_regex(delimiter) && pass_part(delimiter);
  }

  bool pass_command() {
    const char command = next();
    ++m_at;
    switch (command) {
      case '\0':  // the end, behind "}" or an address
      case '\n':
      case ';':
      case '{':
      case '}':
        return true;
      case 's':
        if (!pass_substitution()) return false;
        skip("gpiIMm0123456789");
        if (next() == 'w') pass_until("\n");
        return next() != 'e';
      case 'y':
        return pass_substitution();
      case 'a':
      case 'i':
      case 'c':
        // The text, to the end of a line that does not end in a backslash.
        pass_part('\n');
        return true;
      case '#':
      case 'r':
      case 'R':
      case 'w':
      case 'W':
        pass_until("\n");
        return true;
      case ':':
      case 'b':
      case 't':
      case 'T':
      case 'v':
        skip(" \t");
        pass_until("\n; \t}");
        return true;
      case 'q':
      case 'Q':
      case 'l':
      case 'L':
        skip(" \t0123456789");
        return true;
      default:
        return std::string_view("=dDgGhHnNpPxzF").find(command) != std::string_view::npos;
    }
  }

  std::string_view m_text;
  std::size_t m_at = 0;
};

}  // namespace

bool unwrap_sed(std::string_view name, Unwrapper& unwrapper) {
  if (name != "sed" && name != "gsed" && name != "ssed") return false;
  constexpr Options kOptions = {
      "bnrEsuzi::l:e:f:",
      "expression= file= quiet silent regexp-extended in-place[= separate unbuffered "
      "null-data zero-terminated line-length= posix follow-symlinks binary debug "
      "sandbox help version"};
  std::string script;
  bool given = false;
  std::optional<std::string_view> operand;  // the first one is the script when no option gives one
  for (std::size_t i = 1; i < unwrapper.size();) {
    const ParsedOptions parsed = parse_options(unwrapper.argv(), i, kOptions);
    for (const auto& option : parsed.options) {
      if (option.name == "--sandbox") return true;
      const bool file = option.name == "-f" || option.name == "--file";
      if (!file && option.name != "-e" && option.name != "--expression") continue;
      given = true;
      const std::string_view value = option.value.value_or("");
      if (file && (value == "-" || value.starts_with("/dev/") || value.starts_with("/proc/")))
        unwrapper.set_opaque();
      if (!file) script.append(value).append("\n");
    }
    if (parsed.unknown) {
      unwrapper.set_opaque();
      return true;
    }
    i = parsed.operand;
    if (i < unwrapper.size() && !operand) operand = unwrapper.word(i);
    ++i;
  }
  if (!given) script = operand.value_or("");
  if (SedScript(script).may_run_commands()) unwrapper.set_opaque();
  return true;
}

}  // namespace jit::context
