#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace jit::terminal {

enum class Color { off, on };

/// How a stretch of text is meant; only `paint` knows how a terminal shows it.
enum class Style { plain, strong, faint, good, bad, escape, selected };

/// Text that is safe to print, in one style.
struct Span {
  std::string text;
  Style style = Style::plain;
};
using Line = std::vector<Span>;

/// Foreign text made visible, its escapes in a style of their own: with colour they show in reverse video, so
/// that an escape can be told from the same characters typed by the requester.
Line visible_spans(std::string_view foreign, Style style = Style::plain);

/// One word of a command line as a shell would need it. A word with escapes is written `$'…'`, and
/// backslashes in it are doubled: so `$'\x1b'` is an ESC and `'\x1b'` is four characters, also without
/// colour.
Line word_spans(std::string_view word);

void append(Line& line, Line more);
std::string plain_text(const Line& line);
/// The text with its styles as ECMA-48 sequences; with colour off just the text.
std::string paint(const Line& line, Color color);

/// Breaks a line into lines of at most `width` columns, at spaces where that is possible, and leaves nothing
/// out; all but the first begin with `indent` spaces. An escape is never broken in two while it fits. A
/// `width` below indent + 2 is taken as that.
std::vector<Line> wrap(const Line& line, int width, int indent);
/// The same for prose in one style: broken at spaces, which are left out there, where that is possible.
std::vector<Line> wrap_words(const Line& line, int width, int indent);

int columns(const Line& line);
/// Cut to `width` columns, ending in "…" when anything was left out.
Line cut(const Line& line, int width);

/// Columns of the terminal behind `fd`; `otherwise` where there is none.
int terminal_width(int fd, int otherwise);

}  // namespace jit::terminal
