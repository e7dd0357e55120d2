#include <catch2/catch.hpp>
#include <set>

#include "approval/request.hpp"

using namespace jit::approval;

TEST_CASE("an id is 26 base32 characters, each time others, and reads back") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const RequestId id = RequestId::random();
    CHECK(id.text().size() == 26);
    CHECK(id.text().find_first_not_of("abcdefghijklmnopqrstuvwxyz234567") == std::string::npos);
    REQUIRE(RequestId::parse(id.text()));
    CHECK(*RequestId::parse(id.text()) == id);
    CHECK(is_id_prefix(id.brief()));
    seen.insert(id.text());
  }
  CHECK(seen.size() == 1000);
}

TEST_CASE("what is no id is none") {
  const std::string good(26, 'a');
  CHECK(RequestId::parse(good));
  for (const std::string& bad :
       {std::string(25, 'a'), std::string(27, 'a'), std::string(25, 'a') + "b", std::string(25, 'a') + "A",
        std::string(25, 'a') + "1", std::string(25, 'a') + "=", std::string("../../../../../etc/passwd."),
        std::string(25, 'a') + std::string(1, '\0'), std::string("' OR 1=1; DROP TABLE audit"),
        std::string()}) {
    CHECK_FALSE(RequestId::parse(bad));
  }
}

TEST_CASE("a prefix has 4 to 26 characters of the alphabet") {
  CHECK(is_id_prefix("abcd"));
  CHECK(is_id_prefix(std::string(26, 'z')));
  for (const std::string& bad :
       {std::string("abc"), std::string(27, 'a'), std::string("ab%d"), std::string("ABCD"),
        std::string("ab/.."), std::string("abc\0", 4), std::string("")}) {
    CHECK_FALSE(is_id_prefix(bad));
  }
}

TEST_CASE("every state has a name of its own, and no other name is one") {
  std::set<std::string> names;
  for (const State state : {State::pending, State::approved, State::denied, State::expired, State::withdrawn,
                            State::revoked, State::lapsed, State::changed, State::started, State::finished}) {
    names.insert(to_text(state));
    CHECK(parse_state(to_text(state)) == state);
    CHECK(is_over(state) == (state != State::pending && state != State::approved));
  }
  CHECK(names.size() == 10);
  CHECK_FALSE(parse_state("Pending"));
  CHECK_FALSE(parse_state("unknown"));
  CHECK_FALSE(parse_state(""));
}
