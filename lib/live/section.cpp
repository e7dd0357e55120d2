#include "live/section.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "util/text.hpp"

namespace jit::live {
namespace {

using util::Json;

constexpr std::size_t kMostShown = 50;
constexpr std::size_t kMostLabelsShown = 10;
constexpr std::size_t kMostNews = 5;
// How the summary begins of a source that could not be asked.
constexpr std::string_view kNotKnown = "nothing is known of it: ";
constexpr std::array kCounts{"critical", "warning", "unknown"};

struct Active {
  const std::string* source;
  Notice notice;
};

int order_of(const Active& active) {
  switch (active.notice.severity) {
    case Severity::critical:
      return 0;
    case Severity::unknown:
      return 1;
    case Severity::warning:
      return 2;
    case Severity::info:
      return 3;
  }
  return 0;
}

Notice not_known(const Answer* answer) {
  const std::string why = answer == nullptr ? "it was not asked yet" : answer->problem;
  return {Severity::unknown, shortened(std::string(kNotKnown) + why, kLongestSummary), ""};
}

std::vector<Active> collect(const std::vector<Source>& sources, const Answers& answers) {
  std::vector<Active> all;
  for (const auto& source : sources) {
    const auto found = answers.find(source.definition());
    if (found == answers.end() || !found->second.problem.empty()) {
      all.push_back({&source.name, not_known(found == answers.end() ? nullptr : &found->second)});
      continue;
    }
    for (const auto& notice : found->second.notices) {
      if (is_selected(source.labels, notice)) all.push_back({&source.name, notice});
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Active& a, const Active& b) { return order_of(a) < order_of(b); });
  return all;
}

Json shown(const Active& active) {
  const Notice& notice = active.notice;
  Json json = {{"source", *active.source},
               {"severity", to_text(notice.severity)},
               {"summary", notice.summary},
               {"since", notice.since.empty() ? Json() : Json(notice.since)}};
  Json labels = Json::object();
  for (const auto& [name, value] : notice.labels) {
    if (labels.size() < kMostLabelsShown) labels[name] = value;
  }
  if (!labels.empty()) json["labels"] = std::move(labels);
  return json;
}

const Json& member(const Json& object, const char* key) {
  static const Json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

std::string text_at(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_string() ? value.get<std::string>() : "";
}

// The same warning, however its words change while it lasts.
std::string identity_of(const Json& active) {
  return text_at(active, "source") + '\n' + text_at(active, "severity") + '\n' +
         (text_at(active, "since").empty() ? text_at(active, "summary") : text_at(active, "since")) + '\n' +
         member(active, "labels").dump(-1, ' ', false, Json::error_handler_t::replace);
}

// "warnings: InstanceDown (critical, from alerts) is active since …"
std::string words_of_one(const Json& active) {
  const std::string source = util::visible(text_at(active, "source"));
  const std::string summary = text_at(active, "summary");
  if (text_at(active, "severity") == "unknown" && summary.starts_with(kNotKnown))
    return "warnings: source " + source + " says nothing: " + util::visible(summary.substr(kNotKnown.size()));
  const std::string since = text_at(active, "since");
  return "warnings: " + util::visible(summary) + " (" + util::visible(text_at(active, "severity")) +
         ", from " + source + ") is active" + (since.empty() ? " now" : " since " + util::visible(since));
}

std::vector<std::string> words_of(const Json& now, const std::set<std::string>& known, const char* others) {
  std::vector<std::string> words;
  std::size_t more = 0;
  const Json& active = member(now, "active");
  if (!active.is_array()) return words;
  for (const auto& one : active) {
    if (known.contains(identity_of(one)) || text_at(one, "severity") == "info") continue;
    if (words.size() == kMostNews) {
      ++more;
    } else {
      words.push_back(words_of_one(one));
    }
  }
  if (more > 0) words.push_back("warnings: and " + std::to_string(more) + others);
  return words;
}

}  // namespace

bool is_selected(const Labels& labels, const Notice& notice) {
  if (notice.labels.empty()) return true;  // a line of a file, say: nothing tells what it is not about
  return std::all_of(labels.begin(), labels.end(), [&](const auto& wanted) {
    const auto found = notice.labels.find(wanted.first);
    const std::string value = found == notice.labels.end() ? "" : found->second;
    return std::find(wanted.second.begin(), wanted.second.end(), value) != wanted.second.end();
  });
}

Json section(const std::vector<Source>& sources, const Answers& answers) {
  const auto all = collect(sources, answers);
  const auto count = [&](Severity severity) {
    return std::count_if(all.begin(), all.end(),
                         [&](const Active& one) { return one.notice.severity == severity; });
  };
  Json active = Json::array();
  for (const auto& one : all) {
    if (active.size() < kMostShown) active.push_back(shown(one));
  }
  Json json = {{"critical", count(Severity::critical)},
               {"warning", count(Severity::warning)},
               {"unknown", count(Severity::unknown)},
               {"active", std::move(active)}};
  if (all.size() > kMostShown) json["omitted"] = all.size() - kMostShown;
  return json;
}

std::vector<std::string> news(const Json& before, const Json& now) {
  std::set<std::string> known;
  if (const Json& active = member(before, "active"); active.is_array()) {
    for (const auto& one : active) known.insert(identity_of(one));
  }
  return words_of(now, known, " more that are new");
}

std::vector<std::string> in_words(const Json& now) {
  return words_of(now, {}, " more");
}

bool is_section(const Json& json) {
  return std::all_of(kCounts.begin(), kCounts.end(), [&](const char* key) {
    const Json& count = member(json, key);
    return count.is_number_integer() && count.get<std::int64_t>() >= 0;
  });
}

}  // namespace jit::live
