#include "service/trail_signatures.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace jit;
using util::Json;

namespace {

Json entry(const std::string& type, const std::string& actor, const Json& data) {
  return {{"at", "2026-11-22T10:14:00.123Z"},
          {"actor", actor},
          {"data", data},
          {"request", "abcd"},
          {"seq", 1},
          {"type", type}};
}

// What is wrong with a command that was started without any approval; empty for nothing.
std::string started(const Json& requirement, const char* by = "claim") {
  service::TrailSignatures signatures({});
  CHECK_FALSE(
      signatures.follow(entry("ask", "alice", {{"digest", "sha256:0"}, {"requirement", requirement}})));
  return signatures.follow(entry(by, "alice", Json::object())).value_or("");
}

std::string started_of(const std::string& from) {
  return started({{"signed", true}, {"from", Json::parse(from)}});
}

}  // namespace

TEST_CASE("as many must have signed as the fewest seats of an alternative") {
  const std::string wanted = "entry 1: it was started with 0 signed approvals, and its rules want at least ";
  CHECK(started_of(R"([{"sre": 1}])") == wanted + "1 (request abcd)");
  CHECK(started_of(R"([{"sre": 3}, {"sre": 1, "dba": 1}])") == wanted + "2 (request abcd)");
  CHECK(started_of("[]") == wanted + "1 (request abcd)");
  // What nobody can fill is no alternative, and no way around one.
  CHECK(started_of(R"([{}, {"sre": 0}, {"sre": -4, "dba": 5}, {"sre": "1"}, 7, {"sre": 2}])") ==
        wanted + "2 (request abcd)");
  const std::string nobody = "its rules name nobody who could approve it";
  for (const char* from :
       {"[{}]", R"([{"sre": 0}])", R"({"sre": 1})", "null", R"([{"sre": 9223372036854775807}])"}) {
    INFO(from);
    CHECK(started_of(from).find(nobody) != std::string::npos);
  }
}

TEST_CASE("none need be there where others count, and after break-glass") {
  CHECK(started({{"from", {{{"sre", 1}}}}}).empty());
  CHECK(started({{"signed", true}, {"from", {{{"sre", 1}}}}}, "break_glass").empty());
  service::TrailSignatures signatures({});
  CHECK_FALSE(signatures.follow({{"at", "x"},
                                 {"actor", "root"},
                                 {"data", Json::object()},
                                 {"request", ""},
                                 {"seq", 1},
                                 {"type", "restored"}}));
  CHECK(signatures.valid() == 0);
}
