// A file that people write: JSON, or a notice a line.
#include <nlohmann/json.hpp>
#include <string_view>

#include "live/kind.hpp"
#include "live/reading.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::live {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n";
  const auto begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) + 1 - begin);
}

// "critical: the network is being rebuilt"; a word that is no severity belongs to the notice.
Notice read_line(std::string_view line, const util::Json& settings) {
  const auto colon = line.find(':');
  if (colon != std::string_view::npos) {
    const auto severity = severity_of(std::string(line.substr(0, colon)), settings);
    const auto text = trimmed(line.substr(colon + 1));
    const bool is_fixed = severity_of("", settings) != Severity::unknown;
    if (severity != Severity::unknown && !is_fixed && !text.empty())
      return {severity, shortened(std::string(text), kLongestSummary), ""};
  }
  return {severity_of("", settings), shortened(std::string(line), kLongestSummary), ""};
}

}  // namespace

Inquiry ask_file(const util::Json& settings) {
  return Read{settings.at("path").get<std::string>()};
}

std::vector<Notice> read_file(const std::string& body, const util::Json& settings) {
  const auto text = trimmed(body);
  if (text.starts_with('[') || text.starts_with('{')) return read_notices(parse_answer(body), settings);
  if (text.find('\0') != std::string_view::npos || !util::is_utf8(text))
    throw util::Error("it is no text in UTF-8");
  std::vector<Notice> notices;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = trimmed(rest.substr(0, end));
    if (!line.empty() && !line.starts_with('#')) notices.push_back(read_line(line, settings));
    require_few(notices.size());
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return notices;
}

}  // namespace jit::live
