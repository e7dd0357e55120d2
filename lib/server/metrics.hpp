#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace jit::server {

/// How long something took, counted in buckets (a Prometheus histogram). Any thread may observe.
class Histogram {
 public:
  void observe(std::chrono::steady_clock::duration took);
  /// Appends its lines in Prometheus' text format.
  void write(const std::string& name, const std::string& help, std::string& text) const;

 private:
  // Upper bounds in seconds.
  static constexpr std::array<double, 9> kBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2};
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> m_counts{};
  std::atomic<std::uint64_t> m_sum_us{0};
};

/// What an operator watches: GET /metrics in Prometheus' text format 0.0.4.
struct Metrics {
  std::array<std::atomic<std::uint64_t>, 6> replies{};  // by the status' first digit
  std::atomic<std::uint64_t> unauthorized{0}, limited{0}, store_failures{0}, commits{0}, together{0},
      policy_loads_refused{0};
  std::atomic<std::int64_t> connections{0}, waiting{0};
  Histogram changes;  // from a request that changes something to its durable answer
  Histogram commit_times;

  void count(int status);
  /// `open`: the number of requests in each state that is not over.
  std::string text(const std::map<std::string, std::size_t>& open) const;
};

}  // namespace jit::server
