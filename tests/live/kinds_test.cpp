#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "live/kind.hpp"
#include "util/error.hpp"
#include "util/json.hpp"

namespace jit::live {
namespace {

using util::Json;

std::vector<Notice> read(const std::string& kind, const std::string& body,
                         const std::string& settings = "{}") {
  return find_kind(kind)->read(body, util::parse_json(settings, "settings"));
}

std::string problem_of(const std::string& kind, const std::string& body, const std::string& settings = "{}") {
  try {
    (void)read(kind, body, settings);
    return "";
  } catch (const util::Error& error) {
    return error.what();
  }
}

// What one alert with these labels is read as.
Notice alert(const Json& labels, const std::string& settings = "{}") {
  const Json body = Json::array({{{"labels", labels}, {"startsAt", "2026-11-28T19:00:00.123456789Z"}}});
  return read("alertmanager", body.dump(), settings).at(0);
}

const std::string kVector = R"({"status": "success", "data": {"resultType": "vector", "result": [)";

}  // namespace

TEST_CASE("what is asked of an address is added to it, and encoded") {
  const auto url = [](const std::string& kind, const Json& settings) {
    return std::get<Get>(find_kind(kind)->ask(settings)).url;
  };
  CHECK(url("alertmanager", {{"url", "https://a/x/"}, {"filter", {{"team", "a\"b\\&c"}}}}) ==
        "https://a/x/api/v2/alerts?active=true&silenced=false&inhibited=false&unprocessed=false"
        "&filter=team%3d%22a%5c%22b%5c%5c%26c%22");
  CHECK(url("prometheus", {{"url", "https://p"}, {"query", "up{a=\"é\"} == 0"}}) ==
        "https://p/api/v1/query?query=up%7ba%3d%22%c3%a9%22%7d%20%3d%3d%200");
  CHECK(url("http", {{"url", "https://h/x?y=z"}}) == "https://h/x?y=z");
  CHECK(find_kind("ftp") == nullptr);
}

TEST_CASE("an alert has a severity, a summary and a time") {
  const auto notices = read("alertmanager", R"([
    {"labels": {"alertname": "Down", "severity": "critical"}, "annotations": {"summary": "db1 is down"},
     "startsAt": "2026-11-28T19:00:00Z"},
    {"labels": {"alertname": "Slow", "severity": "warning", "job": "db"}, "startsAt": "yesterday"}])");
  REQUIRE(notices.size() == 2);
  CHECK(notices[0].severity == Severity::critical);
  CHECK(notices[0].summary == "Down: db1 is down");
  CHECK(notices[0].since == "2026-11-28T19:00:00.000Z");
  CHECK(notices[1].severity == Severity::warning);
  CHECK(notices[1].summary == "Slow (job=db)");
  CHECK(notices[1].since.empty());
  CHECK(alert({{"alertname", "A"}}).since == "2026-11-28T19:00:00.123Z");
  CHECK(read("alertmanager", "[]").empty());
}

TEST_CASE("a severity that is not known may be critical") {
  CHECK(alert({{"severity", "page"}}).severity == Severity::unknown);
  CHECK(alert(Json::object()).severity == Severity::unknown);
  CHECK(alert({{"severity", "CRITICAL"}}).severity == Severity::unknown);
  CHECK(alert({{"severity", "none"}}).severity == Severity::info);
  const std::string own =
      R"({"severity": {"label": "priority", "critical": ["P1", "info"], "info": ["P4"]}})";
  CHECK(alert({{"priority", "P1"}}, own).severity == Severity::critical);
  CHECK(alert({{"priority", "P4"}}, own).severity == Severity::info);
  CHECK(alert({{"priority", "info"}}, own).severity == Severity::critical);
  CHECK(alert({{"priority", "warning"}}, own).severity == Severity::warning);
  CHECK(alert({{"severity", "critical"}}, own).severity == Severity::unknown);
  CHECK(alert({{"severity", "info"}}, R"({"severity": {"fixed": "critical"}})").severity ==
        Severity::critical);
}

TEST_CASE("whatever a query leaves is active, whatever its value") {
  const auto notices =
      read("prometheus", kVector + R"({"metric": {"__name__": "up", "job": "db"}, "value": [1.5, "0"]}]}})",
           R"({"severity": {"fixed": "warning"}})");
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].summary == "up (job=db) is 0");
  CHECK(notices[0].severity == Severity::warning);
  CHECK(read("prometheus", kVector + "]}}").empty());
}

TEST_CASE("a list, one object, a word or a truth") {
  const std::string fixed = R"({"severity": {"fixed": "warning"}})";
  CHECK(read("program", "[]").empty());
  CHECK(read("program", R"({"severity": "critical", "summary": "x"})").at(0).severity == Severity::critical);
  CHECK(read("program", R"([{"summary": "x"}])").at(0).severity == Severity::unknown);
  CHECK(read("program", R"("critical")").at(0).severity == Severity::critical);
  CHECK(read("program", R"("who knows")").at(0).severity == Severity::unknown);
  CHECK(read("program", "true", fixed).at(0).severity == Severity::warning);
  CHECK(read("program", "17", fixed).at(0).summary == "17");
  for (const char* nothing : {"false", "0", "0.0", "\"\""}) CHECK(read("program", nothing, fixed).empty());
  CHECK(problem_of("program", "17").find("how severe") != std::string::npos);
  CHECK(problem_of("program", "null", fixed).find("null") != std::string::npos);
}

TEST_CASE("a pointer leads to what says it") {
  const std::string body = R"({"a/b": [{"indicator": "critical"}]})";
  CHECK(read("http", body, R"({"pointer": "/a~1b/0/indicator"})").at(0).severity == Severity::critical);
  for (const char* pointer : {"/c", "/a~1b/7", "/a~1b/x", "/a~1b/0/indicator/deeper", "/a~1b/-"})
    CHECK(problem_of("http", body, Json{{"pointer", pointer}}.dump()).find("there is nothing at") == 0);
}

TEST_CASE("people write a notice a line") {
  const auto notices = read("file", "\n# a remark\n  critical: stop: now \r\nP1: unknown word\nwarning:\n\n");
  REQUIRE(notices.size() == 3);
  CHECK(notices[0].severity == Severity::critical);
  CHECK(notices[0].summary == "stop: now");
  CHECK(notices[1].severity == Severity::unknown);
  CHECK(notices[1].summary == "P1: unknown word");
  CHECK(notices[2].summary == "warning:");
  CHECK(read("file", "").empty());
  CHECK(read("file", "# nothing\n").empty());
  CHECK(read("file", "info: x", R"({"severity": {"fixed": "critical"}})").at(0).severity ==
        Severity::critical);
  CHECK(read("file", R"( [{"severity": "warning", "summary": "as JSON"}])").at(0).summary == "as JSON");
}

TEST_CASE("what is no answer is a problem, never silence") {
  const std::string deep(100'000, '[');
  for (const char* kind : {"alertmanager", "prometheus", "http", "program"}) {
    for (const std::string& body :
         {std::string(),
          std::string("<html>"),
          std::string("\xff\xfe"),
          deep,
          std::string("[] []"),
          std::string("[1]"),
          std::string("[[]]"),
          std::string("[{}]"),
          std::string("{}"),
          std::string("[null]"),
          std::string(R"([{"labels": 1}])"),
          std::string(R"([{"labels": {"a": 1}}])"),
          std::string(R"([{"severity": 1, "summary": "x"}])"),
          std::string(R"([{"severity": "info"}])"),
          std::string(R"({"status": "error", "error": "bad"})"),
          std::string(R"({"status": "success"})"),
          std::string(R"({"status": "success", "data": {"resultType": "scalar", "result": [1, "2"]}})"),
          kVector + "{}]}}",
          kVector + R"({"metric": {}, "value": [1]}]}})",
          std::string(R"([{"a": 1, "a": 2}])")}) {
      INFO(kind << " " << body.substr(0, 80));
      CHECK_FALSE(problem_of(kind, body).empty());
    }
  }
  CHECK_FALSE(problem_of("file", std::string("a\0b", 3)).empty());
  CHECK_FALSE(problem_of("file", "\xff").empty());
}

TEST_CASE("more than there can be of sense is refused or cut") {
  std::string many = "[";
  for (int i = 0; i < 5001; ++i)
    many += std::string(i == 0 ? "" : ",") + R"({"severity":"info","summary":"x"})";
  CHECK(problem_of("program", many + "]").find("5001 warnings") != std::string::npos);
  CHECK(problem_of("program", "\"" + std::string(5U << 20U, 'x') + "\"").find("longer than") !=
        std::string::npos);
  const auto notice =
      alert({{"alertname", std::string(100, 'x') + std::string(4000, 'y')}, {"\xc3\xa9", "odd name"}});
  CHECK(notice.labels.at("alertname").size() < 130);
  CHECK(notice.labels.size() == 1);
  CHECK(notice.summary.size() < 310);
  Json labels = Json::object();
  for (int i = 0; i < 41; ++i) labels["l" + std::to_string(i)] = "x";
  CHECK_THROWS_AS(alert(labels), util::Error);
}

}  // namespace jit::live
