#pragma once
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "terminal/render.hpp"

namespace jit::terminal {

/// The lines of a screen of fields: a heading in its column, then the value.
class Sheet {
 public:
  /// One field. An empty heading continues the one above.
  void row(const std::string& heading, Line value) {
    std::string column = heading;
    column.resize(std::max<std::size_t>(heading.size() + 1, kLabelWidth), ' ');
    Line line{{std::move(column), Style::faint}};
    append(line, std::move(value));
    m_lines.push_back(std::move(line));
  }
  /// One field of foreign text; nothing when it is empty.
  void text(const std::string& heading, const std::string& foreign) {
    if (!foreign.empty()) row(heading, visible_spans(foreign));
  }
  void plain(const std::string& heading, const std::string& safe, Style style = Style::plain) {
    row(heading, {{safe, style}});
  }
  void line(Line line) { m_lines.push_back(std::move(line)); }
  void blank() { m_lines.emplace_back(); }
  std::size_t size() const { return m_lines.size(); }
  std::vector<Line> take() { return std::move(m_lines); }

 private:
  std::vector<Line> m_lines;
};

}  // namespace jit::terminal
