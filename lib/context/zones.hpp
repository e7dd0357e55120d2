#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "util/json.hpp"
#include "util/time.hpp"

namespace jit::context {

/// Whether the system's time zone database (tz, `/usr/share/zoneinfo`) has a zone of this name:
/// "Europe/Berlin".
bool knows_zone(const std::string& name);

/// The moment at which clocks in a zone show "2026-12-23 18:00", or a day begins for "2026-12-23"; nullopt
/// for another text or a zone that is not known. Where clocks show it twice the first, where never the next.
std::optional<util::Time> time_in_zone(const std::string& text, const std::string& zone);

/// The parts of `time` as clocks in a zone show them: "time.hour@Europe/Berlin".
class ZonedTimes {
 public:
  /// `at`: the context's "time.at"; nullptr where it has none, and then the answer is that, too. Valid as
  /// long as this. Throws Error for a zone that is not known: a rule that cannot be told must not be passed
  /// over.
  const util::Json* find(std::string_view path, const util::Json* at);

 private:
  std::map<std::string, util::Json, std::less<>> m_known;
};

}  // namespace jit::context
