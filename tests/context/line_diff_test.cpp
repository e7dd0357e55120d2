#include "context/line_diff.hpp"

#include <catch2/catch.hpp>

using Lines = std::vector<std::string>;
using jit::context::line_diff;

TEST_CASE("a difference is told by the lines of both sides, with what stands beside them") {
  REQUIRE(line_diff({"a", "b"}, {"a", "b"}, 9).empty());
  REQUIRE(line_diff({"1", "2", "3", "4", "x", "5", "6", "7"}, {"1", "2", "3", "4", "y", "5", "6", "7"}, 9) ==
          Lines{"@@ line 3", " 3", " 4", "-x", "+y", " 5", " 6"});
  REQUIRE(line_diff({}, {"a"}, 9) == Lines{"@@ line 1", "+a"});
  REQUIRE(line_diff({"a", "a"}, {"a"}, 9) == Lines{"@@ line 1", " a", "-a"});
}

TEST_CASE("what is equal between two differences is left out") {
  const Lines before{"a", "1", "2", "3", "4", "5", "6", "b"};
  const Lines now{"A", "1", "2", "3", "4", "5", "6", "B"};
  REQUIRE(line_diff(before, now, 99) ==
          Lines{"@@ line 1", "-a", "+A", " 1", " 2", "@@ line 6", " 5", " 6", "-b", "+B"});
}

TEST_CASE("a long difference is cut, and says so") {
  Lines now;
  for (int i = 0; i < 100; ++i) now.push_back("line " + std::to_string(i));
  const auto diff = line_diff({}, now, 10);
  REQUIRE(diff.size() == 11);
  REQUIRE(diff.back() == "… and 91 more lines that differ");
}

TEST_CASE("very different long texts cost no more than they must") {
  Lines before;
  Lines now;
  for (int i = 0; i < 100'000; ++i) {
    before.push_back("a" + std::to_string(i));
    now.push_back("b" + std::to_string(i));
  }
  const auto diff = line_diff(before, now, 3);
  REQUIRE(diff == Lines{"@@ line 1", "-a0", "-a1", "… and 199998 more lines that differ"});
}
