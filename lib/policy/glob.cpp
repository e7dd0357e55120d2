#include "policy/glob.hpp"

#include "util/text.hpp"

namespace jit::policy {
namespace {

// One character; a byte that is not UTF-8 counts as one, beyond every code point.
char32_t take(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) {
    text.remove_prefix(1);
    return first;
  }
  if (const auto point = util::take_code_point(text)) return *point;
  text.remove_prefix(1);
  return 0x110000U + first;
}

struct Brackets {
  std::string_view members;  // without the brackets and the `!`
  bool negated = false;
};

// Takes "[…]" off the front of a pattern; false, and nothing taken, when it is not closed.
bool take_brackets(std::string_view& pattern, Brackets& brackets) {
  std::size_t start = 1;
  brackets.negated = pattern.size() > 1 && (pattern[1] == '!' || pattern[1] == '^');
  if (brackets.negated) ++start;
  const std::size_t end = pattern.find(']', start + 1);
  if (start >= pattern.size() || end == std::string_view::npos) return false;
  brackets.members = pattern.substr(start, end - start);
  pattern.remove_prefix(end + 1);
  return true;
}

bool contains(const Brackets& brackets, char32_t wanted) {
  std::string_view members = brackets.members;
  while (!members.empty()) {
    const char32_t first = take(members);
    char32_t last = first;
    if (members.size() > 1 && members.front() == '-') {
      members.remove_prefix(1);
      last = take(members);
    }
    if (first <= wanted && wanted <= last) return !brackets.negated;
  }
  return brackets.negated;
}

// Holds one character of the text against the first element of the pattern, which is not `*`; takes both on
// success.
bool step(std::string_view& pattern, std::string_view& text) {
  std::string_view rest = text;
  const char32_t character = take(rest);
  std::string_view pattern_rest = pattern;
  bool matched = false;
  Brackets brackets;
  if (pattern.front() == '?') {
    pattern_rest.remove_prefix(1);
    matched = true;
  } else if (pattern.front() == '[' && take_brackets(pattern_rest, brackets)) {
    matched = contains(brackets, character);
  } else {
    matched = take(pattern_rest) == character;
  }
  if (!matched) return false;
  pattern = pattern_rest;
  text = rest;
  return true;
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  // On a mismatch only the last star takes one character more: the text times the pattern at worst.
  bool starred = false;
  std::string_view after_star;
  std::string_view retry;
  while (true) {
    if (!pattern.empty() && pattern.front() == '*') {
      pattern.remove_prefix(1);
      if (pattern.empty()) return true;
      starred = true;
      after_star = pattern;
      retry = text;
      continue;
    }
    if (text.empty()) return pattern.empty();
    if (!pattern.empty() && step(pattern, text)) continue;
    if (!starred || retry.empty()) return false;
    take(retry);
    pattern = after_star;
    text = retry;
  }
}

std::string glob_problem(std::string_view pattern) {
  while (!pattern.empty()) {
    Brackets brackets;
    if (pattern.front() != '[') {
      pattern.remove_prefix(1);
      continue;
    }
    if (!take_brackets(pattern, brackets))
      return "a \"[\" without its \"]\" (write [[] for the character itself)";
    std::string_view members = brackets.members;
    while (!members.empty()) {
      const char32_t first = take(members);
      if (members.size() < 2 || members.front() != '-') continue;
      members.remove_prefix(1);
      if (take(members) < first) return "a range in \"[…]\" that ends before it begins";
    }
  }
  return "";
}

bool is_literal(std::string_view pattern) {
  return pattern.find_first_of("*?[") == std::string_view::npos;
}

}  // namespace jit::policy
