#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>

namespace jit::server {

/// How often each user may ask for something (a token bucket each): `per_second` on average, and
/// `most_at_once` after a pause.
class Rates {
 public:
  using Clock = std::chrono::steady_clock;
  Rates(double per_second, double most_at_once) : m_per_second(per_second), m_full(most_at_once) {}

  /// Counts a request that costs as much as so many small ones. When it is too much: how long until it is
  /// good again.
  std::optional<std::chrono::milliseconds> take(const std::string& user, double cost, Clock::time_point now);
  /// Counts what a request turned out to cost besides: it delays those that follow, and no more than five
  /// times the most at once does.
  void charge(const std::string& user, double cost);

 private:
  struct Bucket {
    double left;
    Clock::time_point at;
  };
  void forget_full(Clock::time_point now);

  double m_per_second, m_full;
  std::unordered_map<std::string, Bucket> m_buckets;
};

}  // namespace jit::server
