// What sources of warnings answer: whatever is understood of it is within its bounds, is UTF-8, goes over the
// wire to who asked, and makes a context that can be hashed.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "live/kind.hpp"
#include "live/section.hpp"
#include "live/wire.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

using namespace jit;

namespace {

constexpr std::array kKinds{"alertmanager", "prometheus", "http", "file", "program"};
constexpr std::array kSettings{"{}", R"({"severity": {"fixed": "warning"}})",
                               R"({"severity": {"label": "p", "critical": ["1"]}, "pointer": "/0"})"};

void check(const std::vector<live::Notice>& notices) {
  if (notices.size() > live::kMostNotices) std::abort();
  for (const auto& notice : notices) {
    const std::size_t more = 3;  // "…"
    if (notice.summary.empty() || notice.summary.size() > live::kLongestSummary + more) std::abort();
    if (!util::is_utf8(notice.summary) || notice.labels.size() > live::kMostLabels) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto* kind = live::find_kind(kKinds.at(data[0] % kKinds.size()));
  const auto settings =
      util::parse_json(kSettings.at(data[0] / kKinds.size() % kSettings.size()), "settings");
  try {
    const auto notices = kind->read(body, settings);
    check(notices);
    const live::Source source{"s", kind->name, "{}"};
    const auto back = live::answers_from_line(live::answer_line({{notices, ""}}), 1);
    const util::Json section = live::section({source}, {{source.definition(), back.front()}});
    if (!live::is_section(section)) std::abort();
    (void)util::canonical_json(section);
    (void)live::news(util::Json(), section);
  } catch (const util::Error&) {
    // Refused: then nothing is known of the source.
  }
  try {
    (void)live::answers_from_line(body, 1);
  } catch (const util::Error&) {
    // A helper that is none.
  }
  return 0;
}
