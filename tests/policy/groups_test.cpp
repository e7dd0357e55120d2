#include "policy/groups.hpp"

#include <catch2/catch.hpp>

using jit::policy::Groups;
using jit::policy::Roster;

TEST_CASE("groups are resolved to people") {
  const Groups groups(
      {{"sre", {"alice", "bob"}}, {"dba", {"alice", "unix:root"}}, {"odd", {"unix:no-such-group"}}});
  REQUIRE(groups.names() == std::vector<std::string>{"dba", "odd", "sre"});
  REQUIRE(groups.has("sre"));
  REQUIRE_FALSE(groups.has("anyone"));
  REQUIRE(groups.resolve({"sre"}) == Roster{{"sre", {"alice", "bob"}}});
  // root's primary group is root, though the group's own entry lists nobody.
  REQUIRE(groups.resolve({"dba"}).at("dba").contains("root"));
  REQUIRE(groups.resolve({"dba"}).at("dba").contains("alice"));
  REQUIRE(groups.resolve({"odd", "unknown", "anyone"}) == Roster{{"odd", {}}, {"unknown", {}}});
}
