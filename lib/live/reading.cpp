#include "live/reading.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::live {
namespace {

using util::Json;

constexpr std::size_t kMostValues = 500'000;

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= kLongestLabel &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

bool is_among(const std::string& word, const Json& setting, const char* severity) {
  const auto words = setting.find(severity);
  return words != setting.end() && std::find(words->begin(), words->end(), Json(word)) != words->end();
}

bool is_fixed(const Json& settings) {
  const Json* setting = find_member(settings, "severity");
  return setting != nullptr && setting->contains("fixed");
}

Notice read_notice(const Json& json, const Json& settings) {
  if (!json.is_object()) throw util::Error("one of its notices is no object");
  Notice notice;
  if (const Json* labels = find_member(json, "labels"); labels != nullptr && !labels->is_null())
    notice.labels = labels_of(*labels, "a notice's labels");
  notice.severity = severity_of(text_member(json, "severity", "a notice"), settings);
  notice.summary = shortened(text_member(json, "summary", "a notice"), kLongestSummary);
  if (notice.summary.empty()) throw util::Error("one of its notices has no \"summary\"");
  notice.since = time_of(text_member(json, "since", "a notice"));
  return notice;
}

// The whole answer is one value: "critical", true, 17.
std::vector<Notice> read_value(const Json& json, const Json& settings) {
  if (is_fixed(settings)) {
    const bool active = json.is_string()    ? !json.get_ref<const std::string&>().empty()
                        : json.is_boolean() ? json.get<bool>()
                                            : json.get<double>() != 0;
    if (!active) return {};
    const std::string text = json.is_string() ? json.get<std::string>() : util::compact_json(json);
    return {{severity_of("", settings), shortened(text, kLongestSummary), ""}};
  }
  if (!json.is_string())
    throw util::Error("a number or a truth says nothing about how severe it is",
                      "severity: critical, or warning, in the source");
  const auto word = json.get<std::string>();
  return {{severity_of(word, settings), shortened(word.empty() ? "(empty)" : word, kLongestSummary), ""}};
}

}  // namespace

Json parse_answer(const std::string& body) {
  return util::parse_json(body, "the answer", kMostBytes, kMostValues);
}

const Json* find_member(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string text_member(const Json& object, const char* key, const char* what) {
  const Json* value = find_member(object, key);
  if (value == nullptr || value->is_null()) return "";
  if (!value->is_string()) throw util::Error(std::string("\"") + key + "\" of " + what + " is no text");
  return value->get<std::string>();
}

std::map<std::string, std::string> labels_of(const Json& object, const char* what) {
  if (!object.is_object()) throw util::Error(std::string(what) + " are no object");
  std::map<std::string, std::string> labels;
  for (const auto& [name, value] : object.items()) {
    if (!value.is_string()) throw util::Error(std::string("one of ") + what + " is no text");
    if (is_name(name)) labels[name] = shortened(value.get<std::string>(), kLongestLabel);
  }
  if (labels.size() > kMostLabels)
    throw util::Error(std::string(what) + " are more than " + std::to_string(kMostLabels));
  return labels;
}

Severity severity_of(const std::string& word, const Json& settings) {
  static const Json kNothing = Json::object();
  const Json* found = find_member(settings, "severity");
  const Json& setting = found == nullptr ? kNothing : *found;
  if (setting.contains("fixed"))
    return setting["fixed"] == "critical" ? Severity::critical : Severity::warning;
  for (const auto severity : {Severity::critical, Severity::warning, Severity::info}) {
    if (is_among(word, setting, to_text(severity).c_str())) return severity;
  }
  if (word == "critical") return Severity::critical;
  if (word == "warning") return Severity::warning;
  if (word == "info" || word == "none") return Severity::info;
  return Severity::unknown;
}

Severity severity_of(const std::map<std::string, std::string>& labels, const Json& settings) {
  const Json* setting = find_member(settings, "severity");
  const auto label = labels.find(setting == nullptr ? "severity" : setting->value("label", "severity"));
  return severity_of(label == labels.end() ? "" : label->second, settings);
}

std::string summary_of(const std::map<std::string, std::string>& labels) {
  std::string name;
  std::vector<std::string> others;
  for (const auto& [label, value] : labels) {
    if (label == "alertname" || (label == "__name__" && name.empty())) {
      name = value;
    } else if (label != "severity" && label != "__name__" && label != "alertstate") {
      others.push_back(label + "=" + value);
    }
  }
  const std::string rest =
      others.empty() ? "" : (name.empty() ? "" : " ") + ("(" + util::join(others, ", ") + ")");
  return shortened(name.empty() && rest.empty() ? "without a name" : name + rest, kLongestSummary);
}

std::vector<Notice> read_notices(const Json& json, const Json& settings) {
  std::vector<Notice> notices;
  switch (json.type()) {
    case Json::value_t::array:
      require_few(json.size());
      for (const auto& item : json) notices.push_back(read_notice(item, settings));
      return notices;
    case Json::value_t::object:
      return {read_notice(json, settings)};
    case Json::value_t::null:
    case Json::value_t::binary:
    case Json::value_t::discarded:
      throw util::Error("it says nothing: null", "an empty list says that nothing is active");
    case Json::value_t::string:
    case Json::value_t::boolean:
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
      break;
  }
  return read_value(json, settings);
}

void require_few(std::size_t count) {
  if (count > kMostNotices)
    throw util::Error(
        "it has " + std::to_string(count) + " warnings, more than " + std::to_string(kMostNotices),
        "labels: in the source select those that matter");
}

}  // namespace jit::live
