#include "context/zones.hpp"

#include <date/tz.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "context/time.hpp"
#include "util/error.hpp"
#include "util/text.hpp"
#include "util/time.hpp"

namespace jit::context {
namespace {

using util::Json;

const date::time_zone* zone_named(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

// The same clock reading as if it were one in UTC: whose parts `time_part` tells.
util::Time read_in(const date::time_zone& zone, util::Time time) {
  return util::Time{zone.to_local(time).time_since_epoch()};
}

}  // namespace

bool knows_zone(const std::string& name) {
  return zone_named(name) != nullptr;
}

std::optional<util::Time> time_in_zone(const std::string& text, const std::string& zone) {
  const auto* found = zone_named(zone);
  const bool is_day = text.size() == std::string_view("2026-12-23").size();
  std::string whole = is_day ? text + " 00:00" : text;
  if (found == nullptr || whole.size() != std::string_view("2026-12-23 18:00").size() || whole[10] != ' ')
    return std::nullopt;
  whole[10] = 'T';
  const auto shown = util::parse_rfc3339(whole + ":00Z");
  if (!shown) return std::nullopt;
  const date::local_time<util::Millis> local{shown->time_since_epoch()};
  const auto info = found->get_info(local);
  if (info.result == date::local_info::nonexistent)
    return std::chrono::time_point_cast<util::Millis>(info.first.end);
  return std::chrono::time_point_cast<util::Millis>(found->to_sys(local, date::choose::earliest));
}

const Json* ZonedTimes::find(std::string_view path, const Json* at) {
  if (const auto known = m_known.find(path); known != m_known.end()) return &known->second;
  if (at == nullptr || !at->is_string()) return nullptr;
  const auto time = util::parse_rfc3339(at->get<std::string>());
  if (!time) return nullptr;
  const std::size_t mark = path.find('@');
  const std::string name(path.substr(mark + 1));
  const auto* zone = zone_named(name);
  if (zone == nullptr)
    throw util::Error("the time zone " + util::visible(name) + ", which a policy names, is not known here",
                      "is the package tzdata installed?");
  const std::string part(path.substr(0, mark).substr(std::string_view("time.").size()));
  const Json parts = time_part(read_in(*zone, *time));
  const auto found = parts.find(part);
  return found == parts.end() ? nullptr : &m_known.emplace(std::string(path), *found).first->second;
}

}  // namespace jit::context
