#include "context/time.hpp"

#include <array>
#include <nlohmann/json.hpp>

namespace jit::context {

util::Json time_part(util::Time time) {
  const auto now = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(now);
  constexpr std::array<const char*, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  std::string at = util::to_rfc3339(now);
  // Whole seconds: what a person reads.
  if (const auto dot = at.find('.'); dot != std::string::npos) at = at.substr(0, dot) + "Z";
  return {{"at", at},
          {"date", at.substr(0, 10)},
          {"weekday", kDays.at(std::chrono::weekday{day}.c_encoding())},
          {"hour", std::chrono::duration_cast<std::chrono::hours>(now - day).count()}};
}

}  // namespace jit::context
