// An instant query: https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
#include <nlohmann/json.hpp>

#include "live/kind.hpp"
#include "live/reading.hpp"
#include "live/url.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::live {
namespace {

using util::Json;

// As in an alerting rule, each element that the query leaves is active, whatever its value.
Notice read_sample(const Json& sample, const Json& settings) {
  const Json* metric = find_member(sample, "metric");
  const Json* value = find_member(sample, "value");
  if (metric == nullptr || value == nullptr || !value->is_array() || value->size() != 2 ||
      !value->back().is_string())
    throw util::Error("one of its samples has no metric and value");
  Notice notice;
  notice.labels = labels_of(*metric, "a sample's labels");
  notice.severity = severity_of(notice.labels, settings);
  notice.summary =
      shortened(summary_of(notice.labels) + " is " + value->back().get<std::string>(), kLongestSummary);
  return notice;
}

}  // namespace

Inquiry ask_prometheus(const Json& settings) {
  return Get{below(settings.at("url").get<std::string>(),
                   "/api/v1/query?query=" + url_encoded(settings.at("query").get<std::string>()))};
}

std::vector<Notice> read_prometheus(const std::string& body, const Json& settings) {
  const Json answer = parse_answer(body);
  if (text_member(answer, "status", "the answer") != "success")
    throw util::Error("the query failed: " +
                      util::visible(shortened(text_member(answer, "error", "the answer"), kLongestSummary)));
  const Json* data = find_member(answer, "data");
  const Json* result = data == nullptr ? nullptr : find_member(*data, "result");
  if (result == nullptr || !result->is_array() || text_member(*data, "resultType", "its data") != "vector")
    throw util::Error("it gives no vector", "a query as of an alert: up == 0");
  require_few(result->size());
  // Part of an answer is no answer: what is not in it may be on fire.
  if (const Json* warned = find_member(answer, "warnings"); warned != nullptr && !warned->empty())
    throw util::Error("it warns that the answer may be a part of it: " +
                      util::visible(shortened(warned->dump(), kLongestSummary)));
  std::vector<Notice> notices;
  for (const auto& sample : *result) notices.push_back(read_sample(sample, settings));
  return notices;
}

}  // namespace jit::live
