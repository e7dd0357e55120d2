#include "live/section.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "util/json.hpp"

namespace jit::live {
namespace {

using util::Json;

const Source kAlerts{"alerts", "alertmanager", "{}"};

Notice notice(Severity severity, const std::string& summary, std::map<std::string, std::string> labels = {}) {
  return {severity, summary, "2026-11-28T19:00:00.000Z", std::move(labels)};
}

Json section_of(std::vector<Notice> notices, Labels labels = {}) {
  Source source = kAlerts;
  source.labels = std::move(labels);
  return section({source}, {{source.definition(), {std::move(notices), ""}}});
}

}  // namespace

TEST_CASE("the gravest come first, and each is counted") {
  const Json json = section_of({notice(Severity::info, "i"), notice(Severity::warning, "w"),
                                notice(Severity::unknown, "u"), notice(Severity::critical, "c")});
  CHECK(json["critical"] == 1);
  CHECK(json["warning"] == 1);
  CHECK(json["unknown"] == 1);
  std::string order;
  for (const auto& active : json["active"]) order += active["summary"].get<std::string>();
  CHECK(order == "cuwi");
  CHECK_FALSE(json.contains("omitted"));
  CHECK_NOTHROW(util::canonical_json(json));
}

TEST_CASE("a source that nothing is known of is itself active") {
  const Source other{"disk", "prometheus", "{}"};
  const Json json =
      section({kAlerts, other}, {{kAlerts.definition(), {{notice(Severity::info, "x")}, "it hangs"}}});
  CHECK(json["unknown"] == 2);
  CHECK(json["active"].size() == 2);
  CHECK(json["active"][0]["summary"] == "nothing is known of it: it hangs");
  CHECK(json["active"][1]["summary"] == "nothing is known of it: it was not asked yet");
  CHECK(json["active"][1]["since"].is_null());
}

TEST_CASE("labels select; one that is missing is empty") {
  const std::vector<Notice> all{notice(Severity::critical, "a", {{"cluster", "eu"}}),
                                notice(Severity::critical, "b", {{"cluster", "us"}}),
                                notice(Severity::critical, "c")};
  CHECK(section_of(all)["critical"] == 3);
  CHECK(section_of(all, {{"cluster", {"eu"}}})["critical"] == 1);
  CHECK(section_of(all, {{"cluster", {"eu", ""}}})["critical"] == 2);
  CHECK(section_of(all, {{"cluster", {"eu"}}, {"team", {"x"}}})["critical"] == 0);
  CHECK(section_of(all, {{"cluster", {}}})["critical"] == 0);
}

TEST_CASE("what is not shown is counted, and said") {
  const Json json = section_of(std::vector<Notice>(70, notice(Severity::critical, "x")));
  CHECK(json["critical"] == 70);
  CHECK(json["active"].size() == 50);
  CHECK(json["omitted"] == 20);
}

TEST_CASE("news are what was not there, in words") {
  const Json before = section_of({notice(Severity::critical, "old")});
  const Json now =
      section_of({notice(Severity::critical, "old"), notice(Severity::critical, "new\x1b", {{"a", "b"}}),
                  notice(Severity::info, "chatter")});
  CHECK(news(before, now) ==
        std::vector<std::string>{"warnings: new\\x1b (critical, from alerts) is active since "
                                 "2026-11-28T19:00:00.000Z"});
  CHECK(news(now, before).empty());
  CHECK(news(Json(), now).size() == 2);
  CHECK(news(Json("x"), Json(17)).empty());
  CHECK(news(Json{{"active", 1}}, Json{{"active", Json::array({1, nullptr})}}).size() == 2);
  std::vector<Notice> many;
  for (int i = 0; i < 9; ++i) many.push_back(notice(Severity::critical, "x", {{"n", std::to_string(i)}}));
  CHECK(news(before, section_of(many)).back() == "warnings: and 4 more that are new");
}

TEST_CASE("a source that says nothing is told from a warning of unknown weight") {
  const Json silent = section({kAlerts}, {{kAlerts.definition(), {{}, "there is no file /n\x1b"}}});
  CHECK(in_words(silent) ==
        std::vector<std::string>{"warnings: source alerts says nothing: there is no file /n\\x1b"});
  CHECK(news(Json(), silent) == in_words(silent));
  CHECK(in_words(section_of({notice(Severity::unknown, "odd"), notice(Severity::info, "x")})).size() == 1);
  CHECK(in_words(Json()).empty());
  std::vector<Notice> many;
  for (int i = 0; i < 9; ++i) many.push_back(notice(Severity::critical, "x", {{"n", std::to_string(i)}}));
  CHECK(in_words(section_of(many)).back() == "warnings: and 4 more");
}

TEST_CASE("a section has its three counts") {
  CHECK(is_section(section_of({})));
  for (const char* text :
       {"null", "17", "[]", "{}", R"({"critical": 0, "warning": 0})",
        R"({"critical": 0, "warning": 0, "unknown": "0"})", R"({"critical": -1, "warning": 0, "unknown": 0})",
        R"({"critical": 0.5, "warning": 0, "unknown": 0})"})
    CHECK_FALSE(is_section(util::parse_json(text, "text")));
}

}  // namespace jit::live
