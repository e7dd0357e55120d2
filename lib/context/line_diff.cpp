#include "context/line_diff.hpp"

#include <algorithm>
#include <cstdint>

namespace jit::context {
namespace {

using Lines = std::vector<std::string>;

constexpr std::size_t kMostCells = 250'000;
constexpr std::size_t kBeside = 2;  // equal lines that are shown beside what differs

struct Change {
  char sign = ' ';
  const std::string* line = nullptr;
  std::size_t number = 0;  // in the text as it is now, from 1
};

// The lines from `start` on, without `tail` of them at the end.
struct Middle {
  const Lines& lines;
  std::size_t start, size;
  const std::string& at(std::size_t i) const { return lines[start + i]; }
};

// Longest common subsequence, from the ends: cell (i, j) is its length for what follows i and j.
std::vector<std::uint32_t> lengths(const Middle& before, const Middle& now) {
  const std::size_t width = now.size + 1;
  std::vector<std::uint32_t> cells((before.size + 1) * width, 0);
  for (std::size_t i = before.size; i-- > 0;) {
    for (std::size_t j = now.size; j-- > 0;) {
      cells[i * width + j] = before.at(i) == now.at(j)
                                 ? cells[(i + 1) * width + j + 1] + 1
                                 : std::max(cells[(i + 1) * width + j], cells[i * width + j + 1]);
    }
  }
  return cells;
}

void changes_of(const Middle& before, const Middle& now, std::vector<Change>& changes) {
  const bool small = (before.size + 1) * (now.size + 1) <= kMostCells;
  const std::size_t width = now.size + 1;
  const auto cells = small ? lengths(before, now) : std::vector<std::uint32_t>{};
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < before.size || j < now.size) {
    const std::size_t number = now.start + j + 1;
    if (small && i < before.size && j < now.size && before.at(i) == now.at(j)) {
      changes.push_back({' ', &now.at(j), number});
      ++i;
      ++j;
    } else if (i < before.size &&
               (j == now.size || !small || cells[(i + 1) * width + j] >= cells[i * width + j + 1])) {
      changes.push_back({'-', &before.at(i++), number});
    } else {
      changes.push_back({'+', &now.at(j++), number});
    }
  }
}

bool is_near_a_change(const std::vector<Change>& changes, std::size_t at) {
  const std::size_t from = at < kBeside ? 0 : at - kBeside;
  const std::size_t to = std::min(changes.size(), at + kBeside + 1);
  return std::any_of(changes.begin() + static_cast<std::ptrdiff_t>(from),
                     changes.begin() + static_cast<std::ptrdiff_t>(to),
                     [](const Change& change) { return change.sign != ' '; });
}

}  // namespace

std::vector<std::string> line_diff(const Lines& before, const Lines& now, std::size_t most_lines) {
  if (before == now) return {};
  const std::size_t shorter = std::min(before.size(), now.size());
  std::size_t head = 0;
  while (head < shorter && before[head] == now[head]) ++head;
  std::size_t tail = 0;
  while (tail < shorter - head && before[before.size() - 1 - tail] == now[now.size() - 1 - tail]) ++tail;
  std::vector<Change> changes;
  const std::size_t first = head < kBeside ? 0 : head - kBeside;
  for (std::size_t i = first; i < head; ++i) changes.push_back({' ', &now[i], i + 1});
  changes_of({before, head, before.size() - head - tail}, {now, head, now.size() - head - tail}, changes);
  for (std::size_t i = now.size() - tail; i < std::min(now.size(), now.size() - tail + kBeside); ++i)
    changes.push_back({' ', &now[i], i + 1});

  Lines words;
  std::size_t left_out = 0;
  bool goes_on = false;
  for (std::size_t at = 0; at < changes.size(); ++at) {
    const Change& change = changes[at];
    const bool shown = is_near_a_change(changes, at);
    if (shown && words.size() >= most_lines) {
      left_out += change.sign == ' ' ? 0 : 1;
      continue;
    }
    if (shown && !goes_on) words.push_back("@@ line " + std::to_string(change.number));
    if (shown) words.push_back(change.sign + *change.line);
    goes_on = shown;
  }
  if (left_out > 0) words.push_back("… and " + std::to_string(left_out) + " more lines that differ");
  return words;
}

}  // namespace jit::context
