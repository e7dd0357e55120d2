// Programs of awk: they run commands by system(), pipes and @indirect calls only.
#include <algorithm>

#include "context/wrappers.hpp"

namespace jit::context {
namespace {

bool has_bare_bar(std::string_view program) {
  for (std::size_t i = 0; i < program.size(); ++i) {
    if (program[i] != '|') continue;
    if (i + 1 >= program.size() || program[i + 1] != '|') return true;
    ++i;  // "||" is or
  }
  return false;
}

// The end of the string or regular expression that starts at `from`; npos where versions of awk could
// disagree about it.
std::size_t literal_end(std::string_view program, std::size_t from) {
  const char quote = program[from];
  if (quote == '/' && from + 1 < program.size() && program[from + 1] == '=') return std::string_view::npos;
  for (std::size_t i = from + 1; i < program.size(); ++i) {
    const char c = program[i];
    if (c == quote) return i;
    if (c == '\n' || (quote == '/' && c == '[')) break;
    if (c == '\\' && (++i >= program.size() || program[i] == '\n')) break;
  }
  return std::string_view::npos;
}

// True when each bar of the program is in a string or a regular expression for certain, or is an or.
bool has_quoted_bars_only(std::string_view program) {
  std::string rest;
  char before = ';';
  for (std::size_t i = 0; i < program.size(); ++i) {
    const char c = program[i];
    if (c == '#' || c == '\\') return false;
    // Where an operand is due a slash does not divide.
    if (c == '/' && std::string_view("~(,!{};&|\n").find(before) == std::string_view::npos) return false;
    if (c == '"' || c == '/') {
      i = literal_end(program, i);
      if (i == std::string_view::npos) return false;
      rest += ' ';
      before = c;
      continue;
    }
    rest += c;
    if (c != ' ' && c != '\t') before = c;
  }
  return !has_bare_bar(rest);
}

bool may_run_commands(std::string_view program) {
  if (program.find("system") != std::string_view::npos || program.find('@') != std::string_view::npos)
    return true;
  return has_bare_bar(program) && !has_quoted_bars_only(program);
}

}  // namespace

bool unwrap_awk(std::string_view name, Unwrapper& unwrapper) {
  if (!is_listed(name, "awk gawk mawk nawk original-awk")) return false;
  bool from_file = false;
  for (std::size_t i = 1; i < unwrapper.size(); ++i) {
    const std::string_view word = unwrapper.word(i);
    if (word == "-F" || word == "-v") {
      ++i;
    } else if (word.starts_with("-F") || word.starts_with("-v")) {
      continue;
    } else if (word == "-f") {
      const std::string_view file = unwrapper.word(++i);
      if (file == "-" || file.starts_with("/dev/") || file.starts_with("/proc/")) unwrapper.set_opaque();
      from_file = true;
    } else if (word.starts_with('-') && word != "--") {
      unwrapper.set_opaque();
      break;
    } else if (from_file) {
      break;
    } else if (word != "--") {
      if (may_run_commands(word)) unwrapper.set_opaque();
      break;
    }
  }
  return true;
}

}  // namespace jit::context
