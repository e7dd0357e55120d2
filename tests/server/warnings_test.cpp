#include "server/warnings.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "server/input.hpp"

namespace jit::server {
namespace {

using util::Json;

const std::string kSources = "warnings: {s: {file: /f, labels: {owner: \"{user.name}\"}}}\n";

policy::Set set_of(const std::string& rest) {
  return policy::Set::from_texts(
      {{"p", "version: 1\n" + rest + "rules: [{name: all, match: {}, effect: ask}]\n"}});
}

std::shared_ptr<Json> context_of(const Json& warnings) {
  return std::make_shared<Json>(
      Json{{"command", {{"argv", {"k"}}}}, {"user", {{"name", "mallory"}}}, {"warnings", warnings}});
}

std::shared_ptr<const live::Answers> answers_of(const policy::Set& set) {
  const live::Notice notice{live::Severity::critical, "x", "", {{"owner", "alice"}}};
  return std::make_shared<const live::Answers>(
      live::Answers{{set.warning_sources().at(0).definition(), {{notice}, ""}}});
}

const Json kCalm = {{"critical", 0}, {"warning", 0}, {"unknown", 0}, {"active", Json::array()}};

}  // namespace

TEST_CASE("a client's word for what is active counts for nothing") {
  const auto none = set_of("");
  const auto set = set_of(kSources);
  for (const Json& said : {kCalm, Json(), Json(17), Json::array()}) {
    CHECK_FALSE(with_warnings(context_of(said), "alice", none, nullptr)->contains("warnings"));
    // Nor does it choose the labels by another's name.
    CHECK((*with_warnings(context_of(said), "alice", set, answers_of(set)))["warnings"]["critical"] == 1);
    CHECK((*with_warnings(context_of(said), "bob", set, answers_of(set)))["warnings"]["critical"] == 0);
  }
  CHECK(*with_warnings(std::make_shared<Json>("no object"), "alice", set, nullptr) == "no object");
}

TEST_CASE("where the sources were not asked nothing is known, and where others were it is tried again") {
  const auto set = set_of(kSources);
  CHECK((*with_warnings(context_of(kCalm), "alice", set, nullptr))["warnings"]["unknown"] == 1);
  try {
    (void)with_warnings(context_of(kCalm), "alice", set, std::make_shared<const live::Answers>());
    FAIL("it was judged by what nobody asked");
  } catch (const Bad& refused) {
    CHECK(refused.reply.status == 503);
  }
}

}  // namespace jit::server
