#include "audit/since.hpp"

namespace jit::audit {

std::optional<util::Time> parse_since(const std::string& text, util::Time now) {
  if (const auto time = util::parse_rfc3339(text)) return time;
  if (const auto day = util::parse_rfc3339(text + "T00:00:00Z")) return day;
  if (const auto duration = util::parse_duration(text)) return now - *duration;
  return std::nullopt;
}

}  // namespace jit::audit
