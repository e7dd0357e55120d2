#include "approval/reach.hpp"

#include <catch2/catch.hpp>

using namespace jit;
using approval::reach;

namespace {

const policy::Roster kRoster{{"sre", {"alice", "bob", "carol"}}, {"dba", {"bob"}}, {"empty", {}}};

policy::Requirement needs(std::vector<policy::Requirement::Seats> from, bool self = false) {
  policy::Requirement requirement;
  requirement.from = std::move(from);
  requirement.self = self;
  return requirement;
}

bool possible(const policy::Requirement& requirement, const char* requester = "alice") {
  return reach(requirement, {requester, "", false}, kRoster).is_possible;
}

}  // namespace

TEST_CASE("a quorum is within reach when all who may review can fill it") {
  CHECK(possible(needs({{{"sre", 2}}})));
  CHECK_FALSE(possible(needs({{{"sre", 3}}})));
  CHECK(possible(needs({{{"sre", 3}}}, true)));
  CHECK(possible(needs({{{"sre", 3}}}), "dave"));
  CHECK_FALSE(possible(needs({{{"empty", 1}}})));
  CHECK_FALSE(possible(needs({{{"unknown", 1}}})));
}

TEST_CASE("one person fills one seat") {
  CHECK(possible(needs({{{"sre", 1}, {"dba", 1}}})));
  CHECK_FALSE(possible(needs({{{"sre", 2}, {"dba", 1}}})));
  CHECK_FALSE(possible(needs({{{"dba", 1}}}), "bob"));
  // Two names that differ in their case are one person.
  CHECK_FALSE(
      reach(needs({{{"ops", 2}}}), {"alice", "", false}, {{"ops", {"bob", "Bob", "ALICE"}}}).is_possible);
}

TEST_CASE("one alternative is enough, and each says what stays empty") {
  const auto result =
      reach(needs({{{"empty", 1}}, {{"sre", 1}, {"dba", 2}}, {{"dba", 1}}}), {"alice", "", false}, kRoster);
  REQUIRE(result.alternatives.size() == 3);
  CHECK(result.is_possible);
  CHECK(result.alternatives[0].missing == policy::Requirement::Seats{{"empty", 1}});
  CHECK(result.alternatives[1].missing == policy::Requirement::Seats{{"dba", 1}});
  CHECK(result.alternatives[1].people.at("sre") == std::vector<std::string>{"bob", "carol"});
  CHECK(result.alternatives[2].missing.empty());
}

TEST_CASE("anyone is always somebody, beside those of a group") {
  CHECK(possible(needs({})));
  CHECK(possible(needs({{{"anyone", 5}, {"sre", 2}}})));
  CHECK_FALSE(possible(needs({{{"anyone", 1}, {"sre", 3}}})));
}
