#include "terminal/style.hpp"

#include <sys/ioctl.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "terminal/render.hpp"
#include "util/text.hpp"
#include "util/visible.hpp"

namespace jit::terminal {
namespace {

// SGR parameters (ECMA-48 8.3.117). Only the eight colours that every palette keeps readable.
const char* sgr(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::strong:
      return "\x1b[1m";
    case Style::faint:
      return "\x1b[2m";
    case Style::good:
      return "\x1b[32m";
    case Style::bad:
      return "\x1b[1;31m";
    case Style::escape:
    case Style::selected:
      return "\x1b[7m";
  }
  return "";
}

// Takes the longest beginning of `text` that fits into `width` columns; combining marks go with their letter.
std::string_view take_columns(std::string_view& text, int width) {
  const std::string_view all = text;
  int used = 0;
  while (!text.empty()) {
    std::string_view rest = text;
    const auto point = util::take_code_point(rest);
    if (!point) rest.remove_prefix(1);
    const int wide = point ? util::column_width(*point) : 1;
    if (used + wide > width) break;
    used += wide;
    text = rest;
  }
  return all.substr(0, all.size() - text.size());
}

std::string doubled_backslashes(std::string_view text) {
  std::string quoted;
  for (const char c : text) {
    if (c == '\\' || c == '\'') quoted += '\\';
    quoted += c;
  }
  return quoted;
}

void add(Line& line, std::string_view text, Style style) {
  if (text.empty()) return;
  if (!line.empty() && line.back().style == style && style != Style::escape) {
    line.back().text += text;
  } else {
    line.push_back({std::string(text), style});
  }
}

// What lies between spaces, and the spaces: in order, and nothing left out.
std::vector<Line> words_of(const Line& line) {
  std::vector<Line> words(1);
  bool in_spaces = false;
  for (const auto& span : line) {
    std::string_view rest = span.text;
    while (!rest.empty()) {
      const bool spaces = rest.front() == ' ' && span.style != Style::escape;
      if (spaces != in_spaces) words.emplace_back();
      in_spaces = spaces;
      const std::size_t end = span.style == Style::escape ? rest.size()
                              : spaces                    ? rest.find_first_not_of(' ')
                                                          : rest.find(' ');
      add(words.back(), rest.substr(0, end), span.style);
      rest.remove_prefix(std::min(end, rest.size()));
    }
  }
  return words;
}

}  // namespace

Line visible_spans(std::string_view foreign, Style style) {
  Line line;
  for (const auto& piece : util::visible_pieces(foreign)) {
    add(line, piece.text, piece.oddity == util::Oddity::none ? style : Style::escape);
  }
  return line;
}

Line word_spans(std::string_view word) {
  const auto pieces = util::visible_pieces(word);
  const bool has_escapes = std::any_of(pieces.begin(), pieces.end(), [](const util::Piece& piece) {
    return piece.oddity != util::Oddity::none;
  });
  if (!has_escapes) return {{util::shell_quote(word), Style::plain}};
  Line line{{"$'", Style::plain}};
  for (const auto& piece : pieces) {
    if (piece.oddity == util::Oddity::none) {
      add(line, doubled_backslashes(piece.text), Style::plain);
    } else {
      add(line, piece.text, Style::escape);
    }
  }
  add(line, "'", Style::plain);
  return line;
}

void append(Line& line, Line more) {
  for (auto& span : more) {
    if (!span.text.empty()) line.push_back(std::move(span));
  }
}

std::string plain_text(const Line& line) {
  std::string text;
  for (const auto& span : line) text += span.text;
  return text;
}

std::string paint(const Line& line, Color color) {
  if (color == Color::off) return plain_text(line);
  std::string text;
  for (const auto& span : line) {
    if (span.style == Style::plain) {
      text += span.text;
    } else {
      text += sgr(span.style) + span.text + "\x1b[0m";
    }
  }
  return text;
}

std::vector<Line> wrap(const Line& line, int width, int indent) {
  width = std::max(width, indent + 2);  // room for one wide character
  std::vector<Line> lines(1);
  int used = 0;
  const auto start_next = [&] {
    lines.emplace_back();
    if (indent > 0)
      lines.back().push_back({std::string(static_cast<std::size_t>(indent), ' '), Style::plain});
    used = indent;
  };
  const auto put = [&](const Span& span) {
    std::string_view rest = span.text;
    const int whole = span.style == Style::escape ? columns(span.text) : 0;
    if (used + whole > width && indent + whole <= width) start_next();
    while (!rest.empty()) {
      const std::string_view part = take_columns(rest, width - used);
      add(lines.back(), part, span.style);
      used += columns(std::string(part));
      if (!rest.empty()) start_next();
    }
  };
  for (const Line& word : words_of(line)) {
    const int whole = columns(word);
    if (used + whole > width && indent + whole <= width) start_next();
    for (const auto& span : word) put(span);
  }
  return lines;
}

std::vector<Line> wrap_words(const Line& line, int width, int indent) {
  if (line.empty() || columns(line) <= width) return {line};
  const Style style = line.front().style;
  const std::string text = plain_text(line);
  std::vector<Line> lines;
  std::string current;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    const std::string word = text.substr(start, end - start);
    const bool is_first = current.find_first_not_of(' ') == std::string::npos;
    if (!is_first && columns(current) + 1 + columns(word) > width) {
      lines.push_back({{current, style}});
      current = std::string(static_cast<std::size_t>(indent), ' ') + word;
    } else {
      current += (start == 0 ? "" : " ") + word;
    }
    start = end + 1;
  }
  lines.push_back({{current, style}});
  // A word may be longer than a line.
  std::vector<Line> result;
  for (const auto& part : lines) {
    auto parts = wrap(part, width, indent);
    std::move(parts.begin(), parts.end(), std::back_inserter(result));
  }
  return result;
}

int columns(const std::string& text) {
  int total = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto point = util::take_code_point(rest);
    if (!point) rest.remove_prefix(1);
    total += point ? util::column_width(*point) : 1;
  }
  return total;
}

int columns(const Line& line) {
  int total = 0;
  for (const auto& span : line) total += columns(span.text);
  return total;
}

Line cut(const Line& line, int width) {
  if (columns(line) <= width) return line;
  Line result;
  int left = std::max(width, 1) - 1;
  for (const auto& span : line) {
    std::string_view rest = span.text;
    const std::string_view part = take_columns(rest, left);
    // Half an escape would read as something else.
    if (!rest.empty() && span.style == Style::escape) break;
    add(result, part, span.style);
    left -= columns(std::string(part));
    if (!rest.empty()) break;
  }
  if (width > 0) result.push_back({"…", Style::faint});
  return result;
}

std::string cut(const std::string& text, int width) {
  return plain_text(cut(Line{{text, Style::plain}}, width));
}

int terminal_width(int fd, int otherwise) {
  winsize size{};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : otherwise;
}

}  // namespace jit::terminal
