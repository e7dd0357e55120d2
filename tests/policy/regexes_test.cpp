#include "policy/regexes.hpp"

#include <catch2/catch.hpp>

using namespace jit::policy;

TEST_CASE("a regular expression finds a part of the text") {
  Regexes regexes;
  for (int again = 0; again < 2; ++again) {
    REQUIRE(regexes.finds("b+", "abc") == true);
    REQUIRE(regexes.finds("^b+$", "abc") == false);
    REQUIRE(regexes.finds("(", "abc") == std::nullopt);
    REQUIRE(regexes.finds("é.", "xéy") == true);
  }
}

TEST_CASE("a ticket matches as a whole") {
  REQUIRE(matches_whole("OPS-[0-9]+", "OPS-12"));
  REQUIRE_FALSE(matches_whole("OPS-[0-9]+", "OPS-12 "));
  REQUIRE_FALSE(matches_whole("OPS-[0-9]+", "xOPS-12"));
  REQUIRE_FALSE(matches_whole("OPS-[0-9]+", "OPS-12\n"));
  REQUIRE_FALSE(matches_whole("OPS-[0-9]+", ""));
  REQUIRE_FALSE(matches_whole("(", "("));
  REQUIRE(matches_whole("a|ab", "ab"));
}

TEST_CASE("what is no regular expression is said") {
  REQUIRE(regex_problem("a*").empty());
  REQUIRE(regex_problem("(a") == "missing ): (a");
  REQUIRE_FALSE(regex_problem("((((((a{100}){100}){100}){100}){100}){100})").empty());
}
