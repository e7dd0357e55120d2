#include "terminal/keys.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "util/text.hpp"

namespace jit::terminal {
namespace {

using Kind = Key::Kind;

constexpr std::string_view kPasteBegins = "\x1b[200~";
constexpr std::string_view kPasteEnds = "\x1b[201~";
// A paste longer than this is no reason that somebody gives.
constexpr std::size_t kLongestPaste = 64U << 10U;
constexpr std::size_t kLongestSequence = 32;

struct Sequence {
  std::string_view bytes;
  Kind kind;
};

// After "ESC [" or "ESC O".
constexpr std::array<Sequence, 14> kSequences{{{"A", Kind::up},
                                               {"B", Kind::down},
                                               {"H", Kind::home},
                                               {"F", Kind::end},
                                               {"1~", Kind::home},
                                               {"7~", Kind::home},
                                               {"4~", Kind::end},
                                               {"8~", Kind::end},
                                               {"5~", Kind::page_up},
                                               {"6~", Kind::page_down},
                                               {"I", Kind::other},
                                               {"O", Kind::other},
                                               {"M", Kind::enter},  // the keypad's, in application mode
                                               {"Z", Kind::other}}};

Key control_key(char byte) {
  switch (byte) {
    case '\r':
    case '\n':
      return {Kind::enter, {}};
    case '\x7f':
    case '\b':
      return {Kind::backspace, {}};
    case '\x15':
      return {Kind::erase_line, {}};
    case '\x17':
      return {Kind::erase_word, {}};
    case '\x0c':
      return {Kind::redraw, {}};
    case '\x10':
      return {Kind::up, {}};
    case '\x0e':
      return {Kind::down, {}};
    case '\x01':
      return {Kind::home, {}};
    case '\x05':
      return {Kind::end, {}};
    default:
      return {Kind::other, {}};
  }
}

std::size_t utf8_length(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
}

// Whether this can be the beginning of a UTF-8 sequence.
bool may_go_on(std::string_view bytes) {
  const auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; };
  return static_cast<unsigned char>(bytes.front()) <= 0xf4 &&
         std::all_of(bytes.begin() + 1, bytes.end(), is_continuation);
}

}  // namespace

std::vector<Key> KeyReader::feed(const std::string& bytes) {
  m_pending += bytes;
  std::vector<Key> keys;
  while (!m_pending.empty()) {
    const bool was_pasting = m_pasting;
    auto key = m_pasting ? take_paste() : take();
    if (key) keys.push_back(std::move(*key));
    if (!key && was_pasting == m_pasting) break;
  }
  return keys;
}

std::vector<Key> KeyReader::give_up() {
  if (!is_waiting()) return {};
  const bool lone_escape = m_pending == "\x1b";
  m_pending.clear();
  return {{lone_escape ? Kind::escape : Kind::other, {}}};
}

// nullopt: the rest has not come yet, or a paste begins.
std::optional<Key> KeyReader::take() {
  const char first = m_pending.front();
  if (first == '\x1b') return take_sequence();
  if (static_cast<unsigned char>(first) < 0x20 || first == '\x7f') {
    m_pending.erase(0, 1);
    return control_key(first);
  }
  const std::size_t length = utf8_length(first);
  if (m_pending.size() < length && may_go_on(m_pending)) return std::nullopt;
  std::string_view rest = m_pending;
  if (!util::take_code_point(rest)) {
    m_pending.erase(0, 1);
    return Key{Kind::other, {}};
  }
  Key key{Kind::character, m_pending.substr(0, length)};
  m_pending.erase(0, length);
  return key;
}

std::optional<Key> KeyReader::take_sequence() {
  if (m_pending.size() < 2) return std::nullopt;
  if (m_pending[1] != '[' && m_pending[1] != 'O') {
    // ESC and then something else: two keys, or Alt and a key, which means nothing here.
    m_pending.erase(0, 2);
    return Key{Kind::other, {}};
  }
  // Control sequences end in 0x40 to 0x7e (ECMA-48 5.4).
  const auto last =
      std::find_if(m_pending.begin() + 2, m_pending.end(), [](char c) { return c >= 0x40 && c <= 0x7e; });
  if (last == m_pending.end()) {
    if (m_pending.size() < kLongestSequence) return std::nullopt;
    m_pending.clear();
    return Key{Kind::other, {}};
  }
  const std::string sequence(m_pending.begin(), last + 1);
  m_pending.erase(0, sequence.size());
  if (sequence == kPasteBegins) {
    m_pasting = true;
    m_pasted.clear();
    return std::nullopt;
  }
  const auto* known = std::find_if(kSequences.begin(), kSequences.end(), [&](const Sequence& entry) {
    return entry.bytes == std::string_view(sequence).substr(2);
  });
  return Key{known == kSequences.end() ? Kind::other : known->kind, {}};
}

std::optional<Key> KeyReader::take_paste() {
  const std::size_t end = m_pending.find(kPasteEnds);
  // What could be the beginning of the end stays pending.
  const std::size_t sure =
      end != std::string::npos ? end : m_pending.size() - std::min(m_pending.size(), kPasteEnds.size() - 1);
  m_pasted.append(m_pending, 0, sure);
  m_pasted.resize(std::min(m_pasted.size(), kLongestPaste));
  m_pending.erase(0, sure);
  if (end == std::string::npos) return std::nullopt;
  m_pending.erase(0, kPasteEnds.size());
  m_pasting = false;
  return Key{Kind::paste, std::move(m_pasted)};
}

}  // namespace jit::terminal
