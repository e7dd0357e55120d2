#include "server/rates.hpp"

#include <algorithm>

namespace jit::server {
namespace {

constexpr std::size_t kMany = 10'000;

}  // namespace

std::optional<std::chrono::milliseconds> Rates::take(const std::string& user, double cost,
                                                     Clock::time_point now) {
  if (m_buckets.size() > kMany) forget_full(now);
  Bucket& bucket = m_buckets.try_emplace(user, Bucket{full(), now}).first->second;
  const double passed = std::chrono::duration<double>(now - bucket.at).count();
  bucket.left = std::min(full(), bucket.left + std::max(passed, 0.0) * m_per_second);
  bucket.at = now;
  const double wanted = std::min(cost, full());
  if (bucket.left >= wanted) {
    bucket.left -= wanted;
    return std::nullopt;
  }
  return std::chrono::ceil<std::chrono::milliseconds>(
      std::chrono::duration<double>((wanted - bucket.left) / m_per_second));
}

// Who has not asked for two seconds is as good as new.
void Rates::forget_full(Clock::time_point now) {
  std::erase_if(m_buckets, [&](const auto& one) { return now - one.second.at > std::chrono::seconds(2); });
}

}  // namespace jit::server
