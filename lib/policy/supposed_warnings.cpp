#include "policy/supposed_warnings.hpp"

#include <array>
#include <nlohmann/json.hpp>

namespace jit::policy {
namespace {

// None, one, and more than any rule counts to.
constexpr std::array<std::int64_t, 3> kSupposed{0, 1, 1'000'000};

}  // namespace

SupposedWarnings::SupposedWarnings(context::Source& source) : SupposedWarnings(source, More{}) {}
SupposedWarnings::SupposedWarnings(context::Source& source, More more) : m_source(source), m_more(more) {}
SupposedWarnings::~SupposedWarnings() = default;

const util::Json* SupposedWarnings::supposed(const util::Json* known, std::int64_t more,
                                             std::unique_ptr<util::Json>& place) {
  if (more == 0 || known == nullptr || !known->is_number_integer()) return known;
  place = std::make_unique<util::Json>(known->get<std::int64_t>() + more);
  return place.get();
}

const util::Json* SupposedWarnings::find(std::string_view path) {
  const util::Json* known = m_source.find(path);
  if (path == "warnings.critical") {
    m_reads_critical = true;
    return supposed(known, m_more.critical, m_critical);
  }
  if (path == "warnings.warning") {
    m_reads_warning = true;
    return supposed(known, m_more.warning, m_warning);
  }
  return known;
}

std::vector<SupposedWarnings::More> other_readings(const SupposedWarnings& looked_at,
                                                   context::Source& source) {
  std::vector<SupposedWarnings::More> others;
  if (!looked_at.reads_critical() && !looked_at.reads_warning()) return others;
  const util::Json* unknown = source.find("warnings.unknown");
  if (unknown == nullptr || !unknown->is_number_integer() || unknown->get<std::int64_t>() <= 0) return others;
  for (const auto critical : kSupposed) {
    for (const auto warning : kSupposed) {
      if (critical == 0 && warning == 0) continue;
      if ((critical > 0 && !looked_at.reads_critical()) || (warning > 0 && !looked_at.reads_warning()))
        continue;
      others.push_back({critical, warning});
    }
  }
  return others;
}

std::string to_text(const SupposedWarnings::More& more) {
  if (more.critical > 0 && more.warning > 0) return "if what is unknown of the warnings were some of each";
  return std::string("if what is unknown of the warnings were ") +
         (more.critical > 0 ? "critical" : "a warning");
}

}  // namespace jit::policy
