#include "policy/glob.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using jit::policy::glob_matches;

TEST_CASE("a glob is held against the whole text") {
  struct Row {
    std::string glob, text;
    bool matches;
  };
  const std::vector<Row> table{
      {"get *", "get pods", true},
      {"get *", "get ", true},
      {"get *", "get", false},
      {"get *", "budget pods", false},
      {"get *", "get pods -n x/y z", true},
      {"*", "", true},
      {"", "", true},
      {"", "a", false},
      {"?", "", false},
      {"?", "é", true},
      {"??", "é", false},
      {"a*b*c", "a-b-b-c", true},
      {"a*b*c", "a-c-b", false},
      {"**a**", "bab", true},
      {"*.*.*", "a.b", false},
      {"prod-*", "PROD-eu", false},
      {"[a-c]x", "bx", true},
      {"[a-c]x", "dx", false},
      {"[!a-c]x", "dx", true},
      {"[!a-c]x", "ax", false},
      {"[^a]", "b", true},
      {"[]]", "]", true},
      {"[!]]", "]", false},
      {"[a-]", "-", true},
      {"[*]", "*", true},
      {"[*]", "x", false},
      {"[[]", "[", true},
      {"[à-ü]", "é", true},
      {"a\\*", "a*", false},
      {"a\\*", "a\\b", true},
      {"*\n*", "a\nb", true},
      {"*b", "aaaaaaab", true},
      {"*b", "aaaaaaa", false},
      {"\\xff*", "\\xffa", true},
      {"?", "\xff", true},
  };
  for (const auto& [glob, text, matches] : table) {
    INFO(glob << " against " << text);
    CHECK(glob_matches(glob, text) == matches);
  }
}

TEST_CASE("many stars do not make matching explode") {
  const std::string text(20'000, 'a');
  REQUIRE_FALSE(glob_matches("*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}
