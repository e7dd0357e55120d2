#include "util/visible.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdio>

#include "util/text.hpp"

namespace jit::util {
namespace {

// Accents that a reader still tells apart: Vietnamese needs two, pointed Hebrew and Tibetan more.
constexpr int kMarksOnLatin = 2;
constexpr int kMarksElsewhere = 4;

// Symbols and punctuation end a word, letters and marks continue it. Without the table of all letters: whole
// blocks.
bool is_word_part(char32_t point) {
  if (point < 0x80) {
    return (point >= '0' && point <= '9') || alphabet_of(point) != 0;
  }
  if (point < 0xc0) return point == 0xaa || point == 0xb5 || point == 0xba;
  if (point == 0xd7 || point == 0xf7) return false;
  const bool symbols = (point >= 0x2000 && point <= 0x2bff && !is_combining(point)) ||
                       (point >= 0x2e00 && point <= 0x2fff) || (point >= 0x3000 && point <= 0x3004) ||
                       (point >= 0x3008 && point <= 0x3020) || (point >= 0x1f000 && point <= 0x1faff);
  return !symbols;
}

// What a word consists of, and so which of its letters are out of place.
struct Word {
  std::bitset<16> alphabets;    // of its letters, those near to Latin
  bool has_far = false;         // letters of other scripts
  bool has_far_unlike = false;  // among them, letters that look like nothing in ASCII
  bool has_unlike = false;      // any letter that looks like nothing in ASCII but is of another alphabet

  bool betrays(char32_t point) const {
    const int alphabet = alphabet_of(point);
    if (alphabet == 1 || point < 0x80) return false;
    if (alphabet == 0) return is_script_look_alike(point) && !has_far_unlike;
    // In a word of two alphabets all letters that are not Latin are suspect: к and и pass for k and u as
    // well.
    if (alphabets.count() > 1 || !has_unlike) return true;
    return has_far && is_script_look_alike(point);
  }
};

Word read_word(std::string_view text) {
  Word word;
  while (const auto point = take_code_point(text)) {
    if (!is_word_part(*point)) break;
    if (*point >= '0' && *point <= '9') continue;
    if (is_combining(*point) || oddity_of(*point) != Oddity::none) continue;
    const int alphabet = alphabet_of(*point);
    const bool unlike = *point >= 0x80 && !is_script_look_alike(*point);
    if (alphabet != 0) {
      word.alphabets.set(static_cast<std::size_t>(alphabet));
      word.has_unlike = word.has_unlike || (unlike && alphabet != 1);
    } else {
      word.has_far = true;
      word.has_far_unlike = word.has_far_unlike || unlike;
    }
  }
  return word;
}

std::string spelled_out(char32_t point) {
  switch (point) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      break;
  }
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), point < 0x80 ? "\\x%02x" : "\\u{%x}", static_cast<unsigned>(point));
  return text.data();
}

// Walks over a text and tells what is odd about each code point where it stands.
class Reader {
 public:
  Oddity judge(char32_t point, std::string_view from_here) {
    const bool part = is_word_part(point);
    if (part && !m_in_word) m_word = read_word(from_here);
    m_in_word = part;
    if (is_combining(point)) return judge_mark(point);
    const Oddity oddity = oddity_of(point);
    const bool betrayed = oddity == Oddity::none && part && m_word.betrays(point);
    const bool plain = oddity == Oddity::none && !betrayed;
    m_base = plain && part ? point : 0;
    m_marks = 0;
    return betrayed ? Oddity::look_alike : oddity;
  }
  void forget() {
    m_in_word = false;
    m_base = 0;
  }

 private:
  Oddity judge_mark(char32_t point) {
    const Oddity oddity = oddity_of(point);
    if (oddity != Oddity::none) return oddity;
    // A mark needs a letter to stand on; the dot of an i is there already.
    if (m_base == 0 || (point == 0x307 && (m_base == 'i' || m_base == 'j'))) return Oddity::mark;
    const int limit = alphabet_of(m_base) == 1 || m_base < 0x80 ? kMarksOnLatin : kMarksElsewhere;
    return ++m_marks > limit ? Oddity::mark : Oddity::none;
  }

  Word m_word;
  bool m_in_word = false;
  char32_t m_base = 0;  // the letter that marks would be put on; 0: none
  int m_marks = 0;
};

}  // namespace

std::vector<Piece> visible_pieces(std::string_view text) {
  std::vector<Piece> pieces;
  Reader reader;
  const auto add_plain = [&](std::string_view plain) {
    if (pieces.empty() || pieces.back().oddity != Oddity::none) pieces.emplace_back();
    pieces.back().text += plain;
  };
  while (!text.empty()) {
    const std::string_view from_here = text;
    const auto point = take_code_point(text);
    if (!point) {
      pieces.push_back({"\\x" + hex(text.substr(0, 1)), Oddity::control});
      text.remove_prefix(1);
      reader.forget();
      continue;
    }
    const Oddity oddity = reader.judge(*point, from_here);
    if (oddity == Oddity::none) {
      add_plain(from_here.substr(0, from_here.size() - text.size()));
    } else {
      pieces.push_back({spelled_out(*point), oddity});
    }
  }
  return pieces;
}

bool is_deceptive(Oddity oddity) {
  switch (oddity) {
    case Oddity::none:
    case Oddity::control:
      return false;
    case Oddity::private_use:
    case Oddity::invisible:
    case Oddity::bidi:
    case Oddity::space:
    case Oddity::look_alike:
    case Oddity::mark:
      return true;
  }
  return true;
}

std::string visible(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const auto& piece : visible_pieces(text)) line += piece.text;
  return line;
}

bool is_deceptive(std::string_view text) {
  const auto pieces = visible_pieces(text);
  return std::any_of(pieces.begin(), pieces.end(),
                     [](const Piece& piece) { return is_deceptive(piece.oddity); });
}

}  // namespace jit::util
