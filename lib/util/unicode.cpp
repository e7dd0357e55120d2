#include "util/unicode.hpp"

#include <algorithm>
#include <iterator>

#include "util/unicode_table.hpp"

namespace jit::util {
namespace {

// The range that holds the point, nullptr when none does.
template <typename Entry, std::size_t size>
const Entry* lookup(const Entry (&entries)[size], char32_t point) {
  const auto* after = std::upper_bound(std::begin(entries), std::end(entries), point,
                                       [](char32_t p, const Entry& entry) { return p < entry.first; });
  if (after == std::begin(entries)) return nullptr;
  const Entry* entry = std::prev(after);
  return point <= entry->last ? entry : nullptr;
}

bool is_private_use(char32_t point) {
  return (point >= 0xe000 && point <= 0xf8ff) || point >= 0xf0000;
}

// Noncharacters (Unicode 23.7).
bool is_noncharacter(char32_t point) {
  return (point >= 0xfdd0 && point <= 0xfdef) || (point & 0xfffeU) == 0xfffeU;
}

// Overlays strike through what they are put on, enclosing marks draw around it: both hide it.
bool is_overlay(char32_t point) {
  return (point >= 0x334 && point <= 0x338) || (point >= 0x20d0 && point <= 0x20f0);
}

}  // namespace

Oddity oddity_of(char32_t point) {
  if (point < 0x20 || (point >= 0x7f && point < 0xa0)) return Oddity::control;
  if (point < 0x7f) return Oddity::none;
  if (is_private_use(point) || is_noncharacter(point)) return Oddity::private_use;
  if (lookup(table::kBidi, point) != nullptr) return Oddity::bidi;
  if (lookup(table::kInvisible, point) != nullptr) return Oddity::invisible;
  if (lookup(table::kSpaces, point) != nullptr) return Oddity::space;
  if (lookup(table::kLookAlikes, point) != nullptr) return Oddity::look_alike;
  if (is_overlay(point)) return Oddity::mark;
  return Oddity::none;
}

bool is_script_look_alike(char32_t point) {
  return lookup(table::kScriptLookAlikes, point) != nullptr;
}

int alphabet_of(char32_t point) {
  if (point < 0x80) {
    const bool is_letter = (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z');
    return is_letter ? table::kLatin : 0;
  }
  const auto* alphabet = lookup(table::kAlphabets, point);
  return alphabet != nullptr ? alphabet->number : 0;
}

bool is_combining(char32_t point) {
  return point >= 0x300 && lookup(table::kMarks, point) != nullptr;
}

int column_width(char32_t point) {
  if (point < 0x20 || (point >= 0x7f && point < 0xa0)) return 0;
  if (point < 0x300) return point == 0xad ? 0 : 1;
  if (is_combining(point) || lookup(table::kInvisible, point) != nullptr ||
      lookup(table::kBidi, point) != nullptr) {
    return 0;
  }
  return lookup(table::kWide, point) != nullptr ? 2 : 1;
}

}  // namespace jit::util
