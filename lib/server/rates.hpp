#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>

namespace jit::server {

/// How often each user may ask (a token bucket each): `per_second` on average, twice as many at once.
class Rates {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Rates(std::size_t per_second) : m_per_second(static_cast<double>(per_second)) {}

  /// Counts a request that costs as much as so many small ones. When it is too much: how long until it is
  /// good again.
  std::optional<std::chrono::milliseconds> take(const std::string& user, double cost, Clock::time_point now);

 private:
  struct Bucket {
    double left;
    Clock::time_point at;
  };
  double full() const { return 2 * m_per_second; }
  void forget_full(Clock::time_point now);

  double m_per_second;
  std::unordered_map<std::string, Bucket> m_buckets;
};

}  // namespace jit::server
