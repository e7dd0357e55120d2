#pragma once
#include <string>
#include <string_view>

namespace jit::terminal {

/// Lets pass, of what a program has written to a terminal, what draws: text, colours, moves, erasing,
/// scrolling, the alternate screen. What does anything else does not pass: what makes a terminal answer, as
/// if somebody had typed; what sets the title, the clipboard, the window, modes of the keyboard and the
/// mouse, or prints; what it does not know (ECMA-48, xterm's ctlseqs). The lines that have scrolled off stay,
/// too.
class ReplayFilter {
 public:
  /// `text` is UTF-8; a sequence may go on in the next one.
  std::string pass(std::string_view text);
  /// What puts back the terminal that all of this was written to.
  std::string reset() const;

 private:
  enum class State { text, after_c2, escape, csi, string, string_escape };
  void take(char c, std::string& passed);
  void take_text(unsigned char byte, std::string& passed);
  void take_part(unsigned char byte, std::string& passed);
  void take_escape(char c, std::string& passed);
  void take_csi(char c, std::string& passed);
  void note_alternate_screen();

  State m_state = State::text;
  std::string m_sequence;  // behind the escape
  char m_last = 0;         // within a string
  int m_missing = 0;       // bytes of the character that is under way
  bool m_alternate = false;
};

}  // namespace jit::terminal
