#include "live/source.hpp"

#include "util/text.hpp"

namespace jit::live {

std::string to_text(Severity severity) {
  switch (severity) {
    case Severity::unknown:
      return "unknown";
    case Severity::critical:
      return "critical";
    case Severity::warning:
      return "warning";
    case Severity::info:
      return "info";
  }
  return "unknown";
}

std::string shortened(const std::string& text, std::size_t longest) {
  std::string cut = util::escape_invalid_utf8(text);
  if (cut.size() <= longest) return cut;
  cut.resize(longest);
  while (!cut.empty() && !util::is_utf8(cut)) cut.pop_back();
  return cut + "…";
}

std::string time_of(const std::string& text) {
  constexpr std::size_t kDecimals = 3;
  std::string plain = text;
  const auto dot = plain.find('.');
  const auto end = dot == std::string::npos ? dot : plain.find_first_not_of("0123456789", dot + 1);
  // Go writes nine of them.
  if (end != std::string::npos && end - dot - 1 > kDecimals)
    plain.erase(dot + 1 + kDecimals, end - dot - 1 - kDecimals);
  const auto time = util::parse_rfc3339(plain);
  return time ? util::to_rfc3339(*time) : "";
}

}  // namespace jit::live
