#include "terminal/replay_filter.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace jit::terminal {
namespace {

constexpr char kEscape = '\x1b';
constexpr std::size_t kLongestSequence = 128;
// Of whoever repeats a character, or moves: more than any terminal has.
constexpr int kLargestNumber = 9999;

bool is_between(char c, char first, char last) {
  return c >= first && c <= last;
}

bool is_in(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

// A CSI sequence, taken apart.
struct Sequence {
  char prefix = 0;  // one of <=>?
  std::vector<int> numbers;
  std::string intermediates;
  char final = 0;
};

int number_of(std::string_view digits) {
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty()) return 0;
  const bool is_whole = error == std::errc() && end == digits.data() + digits.size();
  return is_whole ? number : kLargestNumber + 1;
}

Sequence sequence_of(std::string_view text) {
  Sequence sequence;
  sequence.final = text.back();
  text.remove_suffix(1);
  if (!text.empty() && is_in(text.front(), "<=>?")) {
    sequence.prefix = text.front();
    text.remove_prefix(1);
  }
  const std::size_t end = std::min(text.find_first_of(" !\"#$%&'()*+,-./"), text.size());
  sequence.intermediates = text.substr(end);
  text = text.substr(0, end);
  while (true) {
    const std::size_t separator = std::min(text.find_first_of(";:"), text.size());
    sequence.numbers.push_back(number_of(text.substr(0, separator)));
    if (separator == text.size()) return sequence;
    text.remove_prefix(separator + 1);
  }
}

// The modes of DEC and xterm that only draw.
bool is_drawing_mode(int mode) {
  constexpr std::array kModes{1, 5, 6, 7, 12, 25, 45, 47, 1047, 1048, 1049, 2026};
  return std::find(kModes.begin(), kModes.end(), mode) != kModes.end();
}

template <typename Condition>
bool all_of(const Sequence& sequence, Condition condition) {
  return std::all_of(sequence.numbers.begin(), sequence.numbers.end(), condition);
}

bool draws(const Sequence& sequence) {
  const auto& [prefix, numbers, intermediates, final] = sequence;
  if (!all_of(sequence, [](int number) { return number <= kLargestNumber; })) return false;
  if (intermediates == " ") return prefix == 0 && final == 'q';  // the cursor's shape
  if (intermediates == "!") return prefix == 0 && final == 'p';  // a soft reset
  if (!intermediates.empty()) return false;
  if (prefix == '?') {
    if (is_in(final, "hl")) return all_of(sequence, is_drawing_mode);
    return is_in(final, "JK");
  }
  if (prefix != 0) return false;
  if (final == 'J') return numbers.front() != 3;  // what has scrolled off
  if (is_in(final, "hl")) return all_of(sequence, [](int mode) { return mode == 4; });
  return is_in(final, "ABCDEFGHIKLMPSTXZ@`abdefgmrsu");
}

bool draws(std::string_view escape) {
  if (escape.size() == 1) return is_in(escape.front(), "78=>DEHMc");
  if (escape.size() != 2) return false;
  if (escape.front() == '#') return is_between(escape.back(), '3', '8');
  return is_in(escape.front(), "()*+");  // character sets
}

}  // namespace

std::string ReplayFilter::pass(std::string_view text) {
  std::string passed;
  passed.reserve(text.size());
  for (const char c : text) take(c, passed);
  return passed;
}

void ReplayFilter::take(char c, std::string& passed) {
  if (static_cast<unsigned char>(c) < 0x80) m_missing = 0;
  // These begin anew, or end, whatever was under way.
  if (c == kEscape && m_state != State::string) {
    m_sequence.clear();
    m_state = m_state == State::string_escape ? State::string_escape : State::escape;
    return;
  }
  if (c == '\x18' || c == '\x1a') {
    m_state = State::text;
    return;
  }
  switch (m_state) {
    case State::text:
    case State::after_c2:
      return take_text(static_cast<unsigned char>(c), passed);
    case State::escape:
      return take_escape(c, passed);
    case State::csi:
      return take_csi(c, passed);
    case State::string:
      // U+009C ends it, too, where a terminal reads UTF-8: behind it somebody saw something.
      if (c == '\x07' || (c == '\x9c' && m_last == '\xc2')) m_state = State::text;
      if (c == kEscape) m_state = State::string_escape;
      m_last = c;
      return;
    case State::string_escape:
      m_state = State::text;
      if (c == '\\') return;
      m_sequence.clear();
      return take_escape(c, passed);
  }
}

void ReplayFilter::take_text(unsigned char byte, std::string& passed) {
  if (m_state == State::after_c2) {
    m_state = State::text;
    // U+0080 to U+009F: controls, which some terminals obey.
    if (byte >= 0xa0) passed += {'\xc2', static_cast<char>(byte)};
    return;
  }
  if (byte == 0xc2) {
    m_state = State::after_c2;
  } else if (byte >= 0x80) {
    take_part(byte, passed);
  } else if (byte >= 0x20 ? byte != 0x7f : is_in(static_cast<char>(byte), "\t\n\v\f\r\b\x0e\x0f")) {
    passed += static_cast<char>(byte);
  }
}

// Of a character of several bytes. What goes on where none has begun, its beginning having been a part of a
// sequence, would be a control to some terminals.
void ReplayFilter::take_part(unsigned char byte, std::string& passed) {
  if (byte < 0xc0) {
    if (m_missing == 0) return;
    --m_missing;
  } else {
    m_missing = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
  }
  passed += static_cast<char>(byte);
}

void ReplayFilter::take_escape(char c, std::string& passed) {
  m_state = State::escape;
  if (!is_between(c, ' ', '~')) {
    m_state = State::text;  // nothing that a sequence can hold
    return;
  }
  if (m_sequence.empty() && c == '[') {
    m_state = State::csi;
  } else if (m_sequence.empty() && is_in(c, "]PX^_")) {
    m_state = State::string;
  } else if (is_between(c, ' ', '/') && m_sequence.size() < kLongestSequence) {
    m_sequence += c;
  } else {
    m_state = State::text;
    m_sequence += c;
    if (draws(m_sequence)) passed += kEscape + m_sequence;
  }
}

void ReplayFilter::take_csi(char c, std::string& passed) {
  if (!is_between(c, ' ', '~')) return;
  if (m_sequence.size() < kLongestSequence) m_sequence += c;
  if (!is_between(c, '@', '~')) return;
  m_state = State::text;
  if (m_sequence.size() >= kLongestSequence || !draws(sequence_of(m_sequence))) return;
  note_alternate_screen();
  passed += std::string{kEscape, '['} + m_sequence;
}

void ReplayFilter::note_alternate_screen() {
  const Sequence sequence = sequence_of(m_sequence);
  if (sequence.prefix != '?') return;
  const bool alternates = std::any_of(sequence.numbers.begin(), sequence.numbers.end(),
                                      [](int mode) { return mode == 47 || mode == 1047 || mode == 1049; });
  if (alternates) m_alternate = sequence.final == 'h';
}

std::string ReplayFilter::reset() const {
  // Margins and origin move the cursor when they are set: saved, it stays.
  return std::string(m_alternate ? "\x1b[?1049l" : "") +
         "\x1b"
         "7\x1b[?6l\x1b[r\x1b"
         "8\x1b[0m\x1b(B\x0f\x1b[4l\x1b[?1l\x1b>\x1b[?5l\x1b[?7h\x1b[?25h\x1b[?2026l";
}

}  // namespace jit::terminal
