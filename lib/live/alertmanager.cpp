// Alertmanager's API v2: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
#include <nlohmann/json.hpp>

#include "live/kind.hpp"
#include "live/reading.hpp"
#include "live/url.hpp"
#include "util/error.hpp"

namespace jit::live {
namespace {

using util::Json;

// A matcher of Alertmanager's own: team="pay\"ments".
std::string matcher(const std::string& label, const std::string& value) {
  std::string quoted;
  for (const char c : value) {
    if (c == '\n') {
      quoted += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return label + "=\"" + quoted + "\"";
}

Notice read_alert(const Json& alert, const Json& settings) {
  const Json* labels = find_member(alert, "labels");
  if (labels == nullptr) throw util::Error("one of its alerts has no labels");
  Notice notice;
  notice.labels = labels_of(*labels, "an alert's labels");
  notice.severity = severity_of(notice.labels, settings);
  const auto name = notice.labels.find("alertname");
  std::string told;
  if (const Json* annotations = find_member(alert, "annotations"); annotations != nullptr)
    told = text_member(*annotations, "summary", "an alert's annotations");
  if (name == notice.labels.end() || told.empty()) {
    notice.summary = told.empty() ? summary_of(notice.labels) : shortened(told, kLongestSummary);
  } else {
    notice.summary = shortened(name->second + ": " + told, kLongestSummary);
  }
  notice.since = time_of(text_member(alert, "startsAt", "an alert"));
  return notice;
}

}  // namespace

Inquiry ask_alertmanager(const Json& settings) {
  std::string url = below(settings.at("url").get<std::string>(),
                          "/api/v2/alerts?active=true&silenced=false&inhibited=false&unprocessed=false");
  // Only to have less to read: what is selected is looked at again.
  if (const Json* filter = find_member(settings, "filter")) {
    for (const auto& [label, value] : filter->items())
      url += "&filter=" + url_encoded(matcher(label, value.get<std::string>()));
  }
  return Get{std::move(url)};
}

std::vector<Notice> read_alertmanager(const std::string& body, const Json& settings) {
  const Json alerts = parse_answer(body);
  if (!alerts.is_array())
    throw util::Error("it is no list of alerts", "is this the address of an Alertmanager?");
  require_few(alerts.size());
  std::vector<Notice> notices;
  for (const auto& alert : alerts) notices.push_back(read_alert(alert, settings));
  return notices;
}

}  // namespace jit::live
