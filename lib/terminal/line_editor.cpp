#include "terminal/line_editor.hpp"

#include <string_view>

#include "util/text.hpp"
#include "util/visible.hpp"

namespace jit::terminal {
namespace {

constexpr std::size_t kLongest = 4096;

void drop_last_character(std::string& text) {
  while (!text.empty()) {
    const auto last = static_cast<unsigned char>(text.back());
    text.pop_back();
    if ((last & 0xc0U) != 0x80U) break;
  }
}

}  // namespace

bool LineEditor::handle(const Key& key) {
  switch (key.kind) {
    case Key::Kind::character:
    case Key::Kind::paste:
      add(key.text);
      return true;
    case Key::Kind::backspace:
      drop_last_character(m_text);
      return true;
    case Key::Kind::erase_line:
      m_text.clear();
      return true;
    case Key::Kind::erase_word:
      while (!m_text.empty() && m_text.back() == ' ') m_text.pop_back();
      while (!m_text.empty() && m_text.back() != ' ') m_text.pop_back();
      return true;
    case Key::Kind::enter:
    case Key::Kind::escape:
    case Key::Kind::redraw:
    case Key::Kind::up:
    case Key::Kind::down:
    case Key::Kind::page_up:
    case Key::Kind::page_down:
    case Key::Kind::home:
    case Key::Kind::end:
    case Key::Kind::other:
      return false;
  }
  return false;
}

// Line breaks in a paste become spaces; other control characters and bytes that are no text are left out.
void LineEditor::add(const std::string& typed) {
  std::string_view rest = typed;
  while (!rest.empty()) {
    const std::string_view before = rest;
    const auto point = util::take_code_point(rest);
    if (!point) {
      rest.remove_prefix(1);
      continue;
    }
    std::string_view character = before.substr(0, before.size() - rest.size());
    if (*point == '\n' || *point == '\r' || *point == '\t') character = " ";
    if (character != " " && util::oddity_of(*point) == util::Oddity::control) continue;
    if (m_text.size() + character.size() > kLongest) return;
    m_text += character;
  }
}

}  // namespace jit::terminal
