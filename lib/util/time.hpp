#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace jit::util {

using Millis = std::chrono::milliseconds;
/// UTC, in whole milliseconds: the only precision that is stored, compared and shown.
using Time = std::chrono::sys_time<Millis>;

/// This machine's wall clock.
Time wall_clock();

/// RFC 3339 in UTC with three decimals, "2026-11-22T10:14:00.123Z".
std::string to_rfc3339(Time time);
/// Accepts what to_rfc3339 writes, with 0 to 3 decimals. nullopt for everything else.
std::optional<Time> parse_rfc3339(std::string_view text);

/// "15m", "1h30m", "90s", "500ms", "2d": positive, units d h m s ms in falling order, each once. nullopt
/// otherwise, also above 3650 days.
std::optional<Millis> parse_duration(std::string_view text);
/// The shortest such text, "15m"; "0s" for nothing.
std::string to_text(Millis duration);
/// For a live display: "15:00", "1:02:03", "0:07"; negative is "0:00". Rounds up to the next whole second.
std::string to_clock_text(Millis duration);

}  // namespace jit::util
