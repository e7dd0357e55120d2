#include "server/rates.hpp"

#include <algorithm>

namespace jit::server {
namespace {

constexpr std::size_t kMany = 10'000;
constexpr double kMostOwed = 5;  // times the most at once

}  // namespace

std::optional<std::chrono::milliseconds> Rates::take(const std::string& user, double cost,
                                                     Clock::time_point now) {
  if (m_buckets.size() > kMany) forget_full(now);
  Bucket& bucket = m_buckets.try_emplace(user, Bucket{m_full, now}).first->second;
  const double passed = std::chrono::duration<double>(now - bucket.at).count();
  bucket.left = std::min(m_full, bucket.left + std::max(passed, 0.0) * m_per_second);
  bucket.at = now;
  const double wanted = std::min(cost, m_full);
  if (bucket.left >= wanted) {
    bucket.left -= wanted;
    return std::nullopt;
  }
  return std::chrono::ceil<std::chrono::milliseconds>(
      std::chrono::duration<double>((wanted - bucket.left) / m_per_second));
}

void Rates::charge(const std::string& user, double cost) {
  const auto bucket = m_buckets.find(user);
  if (bucket != m_buckets.end())
    bucket->second.left = std::max(bucket->second.left - cost, -kMostOwed * m_full);
}

// Who has not asked for so long is as good as new, whatever they have done before.
void Rates::forget_full(Clock::time_point now) {
  const std::chrono::duration<double> longest((1 + kMostOwed) * m_full / m_per_second);
  std::erase_if(m_buckets, [&](const auto& one) { return now - one.second.at > longest; });
}

}  // namespace jit::server
