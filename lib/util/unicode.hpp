#pragma once

namespace jit::util {

/// What can be wrong with a code point, for a person who reads it.
enum class Oddity {
  none,
  control,      // C0, C1, DEL; a byte that is not UTF-8
  private_use,  // private use and noncharacters: means nothing to a reader
  invisible,    // takes no ink: zero-width, fillers, tags, variation selectors
  bidi,         // changes the order in which text is shown
  space,        // white space other than U+0020, line separators
  look_alike,   // passes for ASCII
  mark,         // a combining mark that hides or overloads what it is put on
};

/// What is wrong with this code point wherever it stands.
Oddity oddity_of(char32_t point);

/// A letter of another script that passes for an ASCII character in a word that gives it away.
bool is_script_look_alike(char32_t point);
/// Which of the alphabets near to Latin a letter belongs to, as a number below 16; 1 is Latin, 0 none of
/// them.
int alphabet_of(char32_t point);
/// Nonspacing and enclosing marks.
bool is_combining(char32_t point);
/// Columns that a terminal gives it: 0, 1 or 2. Control characters count as 0.
int column_width(char32_t point);

}  // namespace jit::util
