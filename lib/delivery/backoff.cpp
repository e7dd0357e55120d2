#include "delivery/backoff.hpp"

#include <algorithm>

namespace jit::delivery {

util::Millis pause_after(int failures, const std::optional<util::Millis>& wished, double chance) {
  constexpr util::Millis kFirst{1000};
  constexpr util::Millis kLongest{std::chrono::minutes(5)};
  constexpr util::Millis kLongestWish{std::chrono::hours(1)};
  constexpr int kDoublings = 9;
  const auto doubled = kFirst * (1 << std::clamp(failures - 1, 0, kDoublings));
  const auto pause = std::min<util::Millis>(doubled, kLongest);
  const auto spread = std::chrono::duration_cast<util::Millis>(pause * (std::clamp(chance, 0.0, 1.0) / 4));
  return std::max(pause + spread, std::min(wished.value_or(util::Millis{0}), kLongestWish));
}

}  // namespace jit::delivery
