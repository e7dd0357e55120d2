#include "terminal/table.hpp"

#include <algorithm>

#include "terminal/render.hpp"
#include "util/text.hpp"

namespace jit::terminal {
namespace {

std::vector<int> widths_of(const std::vector<std::vector<std::string>>& rows) {
  std::vector<int> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], columns(util::visible(row[i])));
  }
  return widths;
}

}  // namespace

std::string table(const std::vector<std::vector<std::string>>& rows) {
  const std::vector<int> widths = widths_of(rows);
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = util::visible(row[i]);
      const bool is_last = i + 1 == row.size();
      text += cell + std::string(is_last ? 0 : static_cast<std::size_t>(widths[i] - columns(cell)) + 2, ' ');
    }
    text += "\n";
  }
  return text;
}

}  // namespace jit::terminal
