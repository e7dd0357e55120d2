#include "server/metrics.hpp"

#include <algorithm>
#include <cstdio>

namespace jit::server {
namespace {

void head(std::string& text, const std::string& name, const char* type, const std::string& help) {
  text += "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
}

template <typename Number>
void single(std::string& text, const std::string& name, const char* type, const std::string& help,
            Number value) {
  head(text, name, type, help);
  text += name + " " + std::to_string(value) + "\n";
}

std::string short_number(double value) {
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%g", value);
  return digits.data();
}

}  // namespace

void Histogram::observe(std::chrono::nanoseconds took) {
  const double seconds = std::chrono::duration<double>(took).count();
  std::size_t bucket = 0;
  while (bucket < m_bounds.size() && seconds > m_bounds[bucket]) ++bucket;
  ++m_counts[bucket];
  m_sum_us += static_cast<std::uint64_t>(std::max(seconds, 0.0) * 1e6);
}

void Histogram::write(const std::string& name, const std::string& help, std::string& text) const {
  head(text, name, "histogram", help);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < m_counts.size(); ++i) {
    sum += m_counts[i];
    const std::string bound = i < m_bounds.size() ? short_number(m_bounds[i]) : "+Inf";
    text += name + "_bucket{le=\"" + bound + "\"} " + std::to_string(sum) + "\n";
  }
  text += name + "_sum " + short_number(static_cast<double>(m_sum_us) / 1e6) + "\n";
  text += name + "_count " + std::to_string(sum) + "\n";
}

void Metrics::count(int status) {
  ++replies.at(static_cast<std::size_t>(status / 100 % 6));
  if (status == 401) ++unauthorized;
}

void Metrics::count_entry(const std::string& type) {
  const std::lock_guard lock(m_mutex);
  const bool is_ours = type.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos;
  ++m_entries[is_ours ? type : "other"];
}

std::string Metrics::text(const std::map<std::string, std::size_t>& open,
                          const store::ToReview& to_review) const {
  std::string text;
  head(text, "jit_requests_open", "gauge", "Requests that are not over, by state.");
  for (const auto& [state, number] : open)
    text += "jit_requests_open{state=\"" + state + "\"} " + std::to_string(number) + "\n";
  single(text, "jit_break_glass_to_review", "gauge",
         "Requests that ran by break-glass and nobody has looked at yet.", to_review.all);
  single(text, "jit_break_glass_overdue", "gauge", "Those of them whose time to be reviewed has passed.",
         to_review.overdue);
  {
    const std::lock_guard lock(m_mutex);
    head(text, "jit_trail_entries_total", "counter",
         "What was written into the trail since the start, by type.");
    for (const auto& [type, number] : m_entries)
      text += "jit_trail_entries_total{type=\"" + type + "\"} " + std::to_string(number) + "\n";
  }
  head(text, "jit_http_replies_total", "counter", "Answers, by the first digit of their status.");
  for (std::size_t i = 2; i < replies.size(); ++i)
    text += "jit_http_replies_total{status=\"" + std::to_string(i) + "xx\"} " +
            std::to_string(replies.at(i)) + "\n";
  single(text, "jit_http_unauthorized_total", "counter", "Requests with no token, or one that is not good.",
         unauthorized.load());
  head(text, "jit_limit_total", "counter",
       "What was refused or cut off, by the setting that it was too much for.");
  for (std::size_t i = 0; i < limits.size(); ++i)
    text += "jit_limit_total{limit=\"" + std::string(kLimitNames.at(i)) + "\"} " +
            std::to_string(limits.at(i)) + "\n";
  single(text, "jit_http_connections", "gauge", "Connections that are open.", connections.load());
  single(text, "jit_http_waiting", "gauge", "Clients that wait for a change.", waiting.load());
  single(text, "jit_store_commits_total", "counter", "Durable commits of changes.", commits.load());
  single(text, "jit_store_requests_total", "counter",
         "Changes that were asked for and answered after one of them.", together.load());
  single(text, "jit_store_failures_total", "counter",
         "Commits that failed: their requests were answered with 503.", store_failures.load());
  single(text, "jit_loads_refused_total", "counter",
         "Policies or certificates with a mistake: the old ones stayed.", loads_refused.load());
  single(text, "jit_policies_refused", "gauge",
         "1 while the policies on the disk have a mistake: the next start would fail.",
         policies_refused.load());
  if (certificate_end != 0)
    single(text, "jit_certificate_end_timestamp_seconds", "gauge",
           "When the server's certificate ends: nobody believes it from then on.", certificate_end.load());
  changes.write("jit_change_seconds", "From a request that changes something to its durable answer.", text);
  decisions.write("jit_decision_seconds", "From asking to the decision.", text);
  commit_times.write("jit_store_commit_seconds", "What is done together, and its commit.", text);
  return text;
}

}  // namespace jit::server
