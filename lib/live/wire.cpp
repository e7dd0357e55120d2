#include "live/wire.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "live/reading.hpp"
#include "util/error.hpp"

namespace jit::live {
namespace {

using util::Json;

Severity parse_severity(const std::string& text) {
  for (const auto severity : {Severity::critical, Severity::warning, Severity::info}) {
    if (text == to_text(severity)) return severity;
  }
  return Severity::unknown;
}

Json to_json(const Answer& answer) {
  Json notices = Json::array();
  for (const auto& notice : answer.notices)
    notices.push_back({{"severity", to_text(notice.severity)},
                       {"summary", notice.summary},
                       {"since", notice.since},
                       {"labels", notice.labels}});
  return {{"notices", std::move(notices)},
          {"problem", answer.problem},
          {"hint", answer.hint},
          {"took", answer.took.count()}};
}

Answer answer_from_json(const Json& json) {
  Answer answer;
  const Json* notices = find_member(json, "notices");
  const Json* took = find_member(json, "took");
  if (notices == nullptr || !notices->is_array() || took == nullptr || !took->is_number_integer())
    throw util::Error("jit-warnings gave no answer that makes sense");
  for (const auto& notice : *notices) {
    const Json* labels = find_member(notice, "labels");
    answer.notices.push_back({parse_severity(text_member(notice, "severity", "a notice")),
                              text_member(notice, "summary", "a notice"),
                              text_member(notice, "since", "a notice"),
                              labels == nullptr ? decltype(Notice::labels){} : labels_of(*labels, "labels")});
  }
  answer.problem = text_member(json, "problem", "an answer");
  answer.hint = text_member(json, "hint", "an answer");
  answer.took = util::Millis{took->get<std::int64_t>()};
  return answer;
}

const Json& list_in(const Json& json, const char* key) {
  const Json* list = find_member(json, key);
  if (list == nullptr || !list->is_array()) throw util::Error(std::string("there is no list of ") + key);
  return *list;
}

}  // namespace

std::string question_line(const std::vector<Source>& sources) {
  Json list = Json::array();
  for (const auto& source : sources)
    list.push_back({{"name", source.name}, {"kind", source.kind}, {"settings", source.settings}});
  return util::compact_json({{"sources", std::move(list)}});
}

std::vector<Source> sources_from_line(const std::string& line) {
  const Json json = util::parse_json(line, "the question");
  std::vector<Source> sources;
  for (const auto& one : list_in(json, "sources"))
    sources.push_back({text_member(one, "name", "a source"), text_member(one, "kind", "a source"),
                       text_member(one, "settings", "a source")});
  return sources;
}

std::string answer_line(const std::vector<Answer>& answers) {
  Json list = Json::array();
  for (const auto& answer : answers) list.push_back(to_json(answer));
  return util::compact_json({{"answers", std::move(list)}});
}

std::vector<Answer> answers_from_line(const std::string& line, std::size_t count) {
  const Json json = util::parse_json(line, "jit-warnings' answer", kLongestLine);
  std::vector<Answer> answers;
  for (const auto& one : list_in(json, "answers")) answers.push_back(answer_from_json(one));
  if (answers.size() != count) throw util::Error("jit-warnings did not answer what it was asked");
  return answers;
}

}  // namespace jit::live
