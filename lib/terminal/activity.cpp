#include "terminal/activity.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "util/text.hpp"

namespace jit::terminal {
namespace {

using util::Json;
using util::visible;

constexpr std::size_t kBrief = 8;  // characters of an id, for a person

// What else there may be is shown as all that is not known here.
constexpr std::array kShown{
    "requests_24h", "denied_24h", "break_glass_24h", "requests_7d", "denied_7d", "break_glass_7d",
    "running",      "waiting",    "last_runs",       "in_flight",   "why"};

std::int64_t count_of(const Json& activity, const std::string& key) {
  const Json& count = member(activity, key.c_str());
  constexpr std::int64_t kMost = 1'000'000;  // what a backend says beyond is nonsense
  return count.is_number_integer() ? std::clamp(count.get<std::int64_t>(), std::int64_t{0}, kMost) : 0;
}

std::string counts_of(const Json& activity, const std::string& time) {
  std::string text;
  const auto denied = count_of(activity, "denied_" + time);
  const auto break_glass = count_of(activity, "break_glass_" + time);
  if (denied > 0) text += ", " + std::to_string(denied) + " denied";
  if (break_glass > 0) text += ", " + std::to_string(break_glass) + " break-glass";
  return text;
}

std::string counts_text(const Json& activity) {
  if (!activity.is_object()) return "";
  if (const Json& why = member(activity, "why"); !why.is_null()) return "not known: " + text_of(why);
  const auto day = count_of(activity, "requests_24h");
  const auto week = count_of(activity, "requests_7d");
  if (week == 0 && day == 0) return "no other request in 7 days";
  return util::counted(static_cast<std::size_t>(day), "request") + " in 24 hours" +
         counts_of(activity, "24h") + "; " + std::to_string(week) + " in 7 days" + counts_of(activity, "7d");
}

const Json& list_of(const Json& activity, const char* key) {
  static const Json kNone = Json::array();
  const Json& list = member(activity, key);
  return list.is_array() ? list : kNone;
}

std::string systems_of(const Json& request) {
  std::vector<std::string> names;
  for (const auto& name : list_of(request, "systems")) names.push_back(text_of(name));
  return util::join(names, ", ");
}

std::string by_text(const Json& request) {
  return text_of(member(request, "id")).substr(0, kBrief) + " by " +
         text_of(member(request, "requester"), "unknown");
}

std::vector<std::string> in_flight_of(const Json& activity) {
  std::vector<std::string> texts;
  const Json& listed = list_of(activity, "in_flight");
  for (const auto& request : listed)
    texts.push_back(by_text(request) + " on " + systems_of(request) + ": " +
                    text_of(member(request, "state"), "unknown"));
  const auto all = static_cast<std::size_t>(count_of(activity, "running") + count_of(activity, "waiting"));
  if (all > listed.size()) texts.push_back("and " + std::to_string(all - listed.size()) + " more");
  return texts;
}

std::vector<std::string> runs_of(const Json& activity) {
  std::vector<std::string> texts;
  for (const auto& run : list_of(activity, "last_runs")) {
    const Json& status = member(run, "status");
    texts.push_back(text_of(member(run, "state"), "unknown") + ", asked by " +
                    text_of(member(run, "by"), "unknown") + " at " + text_of(member(run, "at"), "unknown") +
                    (status.is_null() ? "" : ", exit code " + text_of(status)));
  }
  return texts;
}

void show_all(Sheet& sheet, const char* heading, const std::vector<std::string>& texts) {
  for (const auto& text : texts) {
    sheet.text(heading, text);
    heading = "";
  }
}

}  // namespace

std::string activity_counts(const Json& context) {
  return counts_text(member(context, "activity"));
}

std::vector<std::string> requests_in_flight(const Json& context) {
  return in_flight_of(member(context, "activity"));
}

void show_activity(Sheet& sheet, Facts& facts) {
  Json activity = Json::object();
  for (const char* key : kShown) {
    Json value = facts.take("activity", key);
    if (!value.is_null()) activity[key] = std::move(value);
  }
  if (activity.empty()) return;
  sheet.text("Activity", "of the requester: " + counts_text(activity));
  show_all(sheet, "  the same", runs_of(activity));
  show_all(sheet, "  in flight", in_flight_of(activity));
}

std::vector<std::string> activity_warnings(const Json& context) {
  std::vector<std::string> found;
  const Json& activity = member(context, "activity");
  for (const auto& request : list_of(activity, "in_flight")) {
    if (text_of(member(request, "state")) == "started")
      found.push_back("another change on " + visible(systems_of(request)) +
                      " may be running: " + visible(by_text(request)));
  }
  return found;
}

}  // namespace jit::terminal
