#pragma once
#include <cstddef>
#include <string>
#include <unordered_map>

namespace jit::server {

/// How many bytes are kept for clients that are slow to send or to take them: bounded for all of them
/// together, and for each to an eighth of that, so that none of them can take what the others need. Small
/// ones, which the number of connections bounds, are not counted. All of it on the network's thread.
class Budget {
 public:
  Budget(std::size_t most, std::size_t small) : m_most(most), m_small(small) {}

  /// What one connection has of it.
  class Hold {
   public:
    explicit Hold(Budget& budget) : m_budget(budget) {}
    ~Hold() { release(); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    /// Holds so many bytes in all; false, and no more than before, when that is too much.
    bool resize(const std::string& owner, std::size_t size);
    void release();

   private:
    Budget& m_budget;
    std::string m_owner;
    std::size_t m_size = 0;
  };

 private:
  static constexpr std::size_t kShares = 8;

  const std::size_t m_most, m_small;
  std::size_t m_held = 0;
  std::unordered_map<std::string, std::size_t> m_by_owner;
};

}  // namespace jit::server
