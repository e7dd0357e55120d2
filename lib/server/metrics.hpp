#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "server/limits.hpp"
#include "store/store.hpp"

namespace jit::server {

/// How long something took, counted in buckets (a Prometheus histogram). Any thread may observe.
class Histogram {
 public:
  /// Upper bounds in seconds, rising.
  explicit Histogram(std::vector<double> bounds)
      : m_bounds(std::move(bounds)), m_counts(m_bounds.size() + 1) {}
  void observe(std::chrono::nanoseconds took);
  /// Appends its lines in Prometheus' text format.
  void write(const std::string& name, const std::string& help, std::string& text) const;

 private:
  std::vector<double> m_bounds;
  std::vector<std::atomic<std::uint64_t>> m_counts;
  std::atomic<std::uint64_t> m_sum_us{0};
};

/// What an operator watches: GET /metrics in Prometheus' text format 0.0.4.
struct Metrics {
  std::array<std::atomic<std::uint64_t>, 6> replies{};  // by the status' first digit
  std::array<std::atomic<std::uint64_t>, kLimitNames.size()> limits{};
  std::atomic<std::uint64_t> unauthorized{0}, store_failures{0}, commits{0}, together{0}, loads_refused{0};
  std::atomic<std::int64_t> connections{0}, waiting{0}, policies_refused{0};
  std::atomic<std::int64_t> certificate_end{0};  // seconds since 1970; 0: there is none
  Histogram changes{{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2}};
  Histogram commit_times{{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5}};
  Histogram decisions{{1, 5, 15, 60, 300, 900, 3600, 14'400, 86'400}};  // how long people take

  void count(int status);
  void count(Limit limit) { ++limits.at(static_cast<std::size_t>(limit)); }
  /// One entry of the trail.
  void count_entry(const std::string& type);
  /// `open`: the number of requests in each state that is not over.
  std::string text(const std::map<std::string, std::size_t>& open, const store::ToReview& to_review) const;

 private:
  mutable std::mutex m_mutex;
  std::map<std::string, std::uint64_t> m_entries;  // by type
};

}  // namespace jit::server
