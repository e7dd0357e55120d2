#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>

#include "yaml/document.hpp"

namespace jit::yaml {
namespace {

// Words that YAML 1.1 readers, and some of 1.2, do not take for text.
constexpr std::array<std::string_view, 14> kDoubtfulWords{"yes", "no",   "on",    "off", "y", "n",  "null",
                                                          "~",   "true", "false", "",    "=", "<<", "-"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), same);
}

// Takes digits, and the underscores that YAML 1.1 allows among them, off the front; how many of either.
std::size_t take_digits(std::string_view& text) {
  const std::size_t count = std::min(text.find_first_not_of("0123456789_"), text.size());
  text.remove_prefix(count);
  return count;
}

bool is_integer(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return false;
  if (digits.front() == '0' && text != "0") return false;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

// 1.5, .5, 5., 1e3, 1_000, 010, +5, and sexagesimal 1:20, 1:20.5: a number to one reader or another.
bool is_number_to_somebody(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (equal_ignoring_case(text, ".inf") || equal_ignoring_case(text, ".nan")) return true;
  if (text.starts_with("0x") || text.starts_with("0o") || text.starts_with("0b") || text.starts_with("0X")) {
    return text.find_first_not_of("0123456789abcdefABCDEF_", 2) == std::string_view::npos;
  }
  std::size_t digits = take_digits(text);
  while (digits > 0 && text.starts_with(':')) {
    text.remove_prefix(1);
    if (take_digits(text) == 0) return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits += take_digits(text);
  }
  if (digits == 0) return false;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (take_digits(text) == 0) return false;
  }
  return text.empty();
}

// 2026-11-22, alone or with a time after it.
bool is_date(std::string_view text) {
  std::string_view rest = text;
  if (take_digits(rest) != 4 || !rest.starts_with('-')) return false;
  rest.remove_prefix(1);
  const std::size_t month = take_digits(rest);
  if (month < 1 || month > 2 || !rest.starts_with('-')) return false;
  rest.remove_prefix(1);
  const std::size_t day = take_digits(rest);
  if (day < 1 || day > 2) return false;
  return rest.empty() || rest.front() == 'T' || rest.front() == 't' || rest.front() == ' ';
}

}  // namespace

ScalarType type_of(const Node& scalar) {
  const std::string_view text = scalar.scalar;
  if (!scalar.plain) return ScalarType::text;
  if (text == "true" || text == "false") return ScalarType::boolean;
  if (is_integer(text)) return ScalarType::integer;
  const bool doubtful_word =
      std::any_of(kDoubtfulWords.begin(), kDoubtfulWords.end(),
                  [&](std::string_view word) { return equal_ignoring_case(text, word); });
  return doubtful_word || is_number_to_somebody(text) || is_date(text) ? ScalarType::doubtful
                                                                       : ScalarType::text;
}

}  // namespace jit::yaml
