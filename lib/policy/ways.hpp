#pragma once
#include <algorithm>
#include <cstddef>
#include <vector>

namespace jit::policy {

/// Which of the ways to read a command are still to be decided: at first all, however many there are.
class Ways {
 public:
  bool is_all() const { return !m_counted; }
  bool is_none() const { return m_counted && std::none_of(m_open.begin(), m_open.end(), is_open); }
  bool any() const { return !is_none(); }
  bool has(std::size_t way) const { return !m_counted || m_open.at(way); }
  void close_all() {
    m_counted = true;
    m_open.clear();
  }
  /// How many there are, before one of them is closed.
  void count(std::size_t ways) {
    if (!m_counted) m_open.assign(ways, true);
    m_counted = true;
  }
  void close(std::size_t way) { m_open.at(way) = false; }
  /// Keeps what is open in `other`, too.
  void keep(const Ways& other) {
    if (!other.m_counted) return;
    if (other.is_none()) return close_all();
    count(other.m_open.size());
    for (std::size_t way = 0; way < m_open.size(); ++way) m_open[way] = m_open[way] && other.m_open[way];
  }

 private:
  static bool is_open(bool open) { return open; }
  bool m_counted = false;
  std::vector<bool> m_open;
};

}  // namespace jit::policy
