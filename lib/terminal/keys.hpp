#pragma once
#include <optional>
#include <string>
#include <vector>

namespace jit::terminal {

/// One key press, or one paste.
struct Key {
  enum class Kind {
    character,  // `text` holds it, one UTF-8 code point that is no control character
    paste,      // `text` holds all of it, as it came (bracketed paste)
    enter,
    escape,
    backspace,
    erase_word,  // ^W
    erase_line,  // ^U
    redraw,      // ^L
    up,
    down,
    page_up,
    page_down,
    home,
    end,
    other,  // a key that means nothing here
  };
  Kind kind = Kind::other;
  std::string text;
};

/// Turns what a terminal sends (ECMA-48 and xterm's sequences) into keys. Bytes may come in any portions.
class KeyReader {
 public:
  std::vector<Key> feed(const std::string& bytes);
  /// True while a lone ESC may still be the beginning of a sequence: ask `give_up` when nothing follows soon.
  bool is_waiting() const { return !m_pending.empty() && !m_pasting; }
  /// Takes what is pending for what it is by itself.
  std::vector<Key> give_up();
  /// Forgets what was typed ahead.
  void forget() { m_pending.clear(); }

 private:
  std::optional<Key> take();
  std::optional<Key> take_sequence();
  std::optional<Key> take_paste();

  std::string m_pending;
  bool m_pasting = false;
  std::string m_pasted;
};

}  // namespace jit::terminal
