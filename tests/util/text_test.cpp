#include "util/text.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace jit::util;

TEST_CASE("take_code_point takes exactly what RFC 3629 allows") {
  std::string_view text = "a\u00e9\u20ac\U0001f680";
  CHECK(take_code_point(text) == U'a');
  CHECK(take_code_point(text) == 0xe9);
  CHECK(take_code_point(text) == 0x20ac);
  CHECK(take_code_point(text) == 0x1f680);
  CHECK_FALSE(take_code_point(text));

  const std::string bad =
      GENERATE("\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xed\xa0\x80",
               "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xe2\x28\xa1", "\xff");
  std::string_view rest = bad;
  CAPTURE(hex(bad));
  CHECK_FALSE(take_code_point(rest));
  CHECK(rest.size() == bad.size());
  CHECK_FALSE(is_utf8("ok" + bad));
}

TEST_CASE("bytes that are not UTF-8 become escapes, one a byte") {
  CHECK(escape_invalid_utf8("ok \u00e9") == "ok \u00e9");
  CHECK(escape_invalid_utf8("a\xff\xc3z") == "a\\xff\\xc3z");
}

TEST_CASE("shell_quote quotes only what needs it") {
  CHECK(shell_quote("--context=prod-eu_1.2/x:y,z@h+%") == "--context=prod-eu_1.2/x:y,z@h+%");
  CHECK(shell_quote("") == "''");
  CHECK(shell_quote("a b") == "'a b'");
  CHECK(shell_quote("it's") == "'it'\\''s'");
  for (const char c : std::string("$`\\\"*?[](){}<>|&;!#~^ \t\n")) {
    CAPTURE(c);
    CHECK(shell_quote(std::string(1, c)) == "'" + std::string(1, c) + "'");
  }
}

TEST_CASE("different argvs give different lines") {
  CHECK(shell_line({"rm", "a b"}) == "rm 'a b'");
  CHECK(shell_line({"rm", "a", "b"}) == "rm a b");
  CHECK(shell_line({"rm", "", "a "}) == "rm '' 'a '");
  // Bare it would be an assignment, and ls the command.
  CHECK(shell_line({"A=b", "ls"}) == "'A=b' ls");
  CHECK(shell_line({"env", "A=b"}) == "env A=b");
  CHECK(shell_line({}).empty());
}

TEST_CASE("one of a kind is not many") {
  CHECK(counted(0, "rule") == "0 rules");
  CHECK(counted(1, "rule") == "1 rule");
  CHECK(counted(2, "rule") == "2 rules");
}

TEST_CASE("hex and back") {
  const std::string bytes("\x00\x7f\xff\x10", 4);
  CHECK(hex(bytes) == "007fff10");
  CHECK(unhex("007fff10") == bytes);
  CHECK(unhex("") == "");
  CHECK_FALSE(unhex("0"));
  CHECK_FALSE(unhex("0G"));
  CHECK_FALSE(unhex("FF"));
}

TEST_CASE("closest finds what a typo meant, and nothing where nothing is near") {
  const std::vector<std::string> effects{"allow", "ask", "deny"};
  CHECK(closest("alow", effects) == "allow");
  CHECK(closest("dney", effects) == "deny");
  CHECK_FALSE(closest("permit", effects));
  // One that is cut short, or has another ending.
  const std::vector<std::string> settings{"backend", "policies", "client_cert", "client_key"};
  CHECK(closest("policy", settings) == "policies");
  CHECK_FALSE(closest("client", settings));
  CHECK_FALSE(closest("pol", settings));
  CHECK_FALSE(closest(std::string(65, 'a'), effects));
  CHECK(did_you_mean("alow", effects) == " (did you mean \"allow\"?)");
  CHECK(did_you_mean("permit", effects).empty());
}

TEST_CASE("join") {
  CHECK(join({}, ", ").empty());
  CHECK(join({"a"}, ", ") == "a");
  CHECK(join({"a", "", "b"}, ", ") == "a, , b");
}
