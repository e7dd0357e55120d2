#include "yaml/source.hpp"

#include <algorithm>

#include "util/text.hpp"

namespace jit::yaml {

Mark Source::mark_at(std::size_t position) const {
  const std::string_view before = m_text.substr(0, position);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<int>(lines) + 1, static_cast<int>(before.size() - line_start) + 1};
}

std::size_t Source::end_of_quoted(std::size_t position) const {
  const char quote = at(position);
  for (std::size_t i = position + 1; i < m_text.size(); ++i) {
    if (quote == '"' && m_text[i] == '\\') {
      ++i;
    } else if (m_text[i] == quote) {
      if (quote == '"' || at(i + 1) != '\'') return i + 1;
      ++i;  // '' is one quote
    }
  }
  return std::string_view::npos;
}

bool Source::is_simple_key(std::size_t position, std::size_t end) const {
  while (at(end) == ' ') ++end;
  if (at(end) != ':') return false;
  while (position > 0 && at(position - 1) == ' ') --position;
  return position == 0 || at(position - 1) != '?';
}

bool Source::swallows_entry(std::size_t position) const {
  std::string_view rest = m_text.substr(0, end_of_quoted(position)).substr(position);
  while (true) {
    rest.remove_prefix(std::min(rest.find('\n'), rest.size()));
    rest.remove_prefix(std::min(rest.find_first_not_of(" \n"), rest.size()));
    if (rest.empty()) return false;
    const std::string_view word = rest.substr(0, rest.find_first_of(" ,\n\"'"));
    if (word == "-" || (word.size() > 1 && word.ends_with(':'))) return true;
  }
  return false;
}

std::size_t Source::find_unclosed_quote(std::size_t position) const {
  constexpr std::string_view kBeforeScalar = " \n[{,";
  for (std::size_t i = position; i < m_text.size(); ++i) {
    const bool opens = i == 0 || kBeforeScalar.find(m_text[i - 1]) != std::string_view::npos;
    if (opens && m_text[i] == '#') {
      i = std::min(m_text.find('\n', i), m_text.size());
    } else if (opens && (m_text[i] == '"' || m_text[i] == '\'')) {
      const std::size_t end = end_of_quoted(i);
      if (end == std::string_view::npos) return i;
      i = end - 1;
    }
  }
  return std::string_view::npos;
}

namespace {

// What is wrong with one code point; empty when nothing is.
std::string fault_of(char32_t point, bool starts_line) {
  if (point == '\t') return "a tab; indent and separate with spaces";
  if (point == '\r') return "a carriage return; end lines with a line feed only";
  if (point == 0xfeff) return "a byte order mark; save the file as plain UTF-8";
  const bool control = (point < 0x20 && point != '\n') || (point >= 0x7f && point <= 0x9f);
  if (control) return "a control character, 0x" + util::hex({reinterpret_cast<const char*>(&point), 1});
  if (starts_line && point == '%') return "a directive ('%'); leave it away";
  return {};
}

}  // namespace

std::vector<Problem> check_bytes(std::string_view text, const std::string& name) {
  std::vector<Problem> problems;
  const Source source(text);
  const auto report = [&](std::size_t position, std::string fault) {
    const bool known =
        std::any_of(problems.begin(), problems.end(), [&](const auto& p) { return p.text == fault; });
    if (!known) problems.push_back({name, source.mark_at(position), std::move(fault)});
  };
  bool starts_line = true;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t position = text.size() - rest.size();
    const auto point = util::take_code_point(rest);
    if (!point) {
      report(position, "bytes that are not UTF-8");
      break;
    }
    if (std::string fault = fault_of(*point, starts_line); !fault.empty()) report(position, std::move(fault));
    starts_line = *point == '\n';
  }
  return problems;
}

}  // namespace jit::yaml
