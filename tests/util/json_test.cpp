#include "util/json.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "util/error.hpp"

using namespace jit::util;

namespace {

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']');
}

}  // namespace

TEST_CASE("JSON reads as what it says") {
  CHECK(parse_json(R"({"a": [1, -2, true, null, "x\u00e9"], "b": {"c": 1.5}})", "x") ==
        Json({{"a", {1, -2, true, nullptr, "x\u00e9"}}, {"b", {{"c", 1.5}}}}));
  CHECK(parse_json(" \n 7 \t", "x") == 7);
  CHECK(parse_json(R"({"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]})", "x")["b"][1]["a"] == 2);
}

TEST_CASE("foreign JSON that readers could take differently is refused") {
  for (const std::string& text : {
           std::string(""),
           std::string(" "),
           std::string("{"),
           std::string("{} {}"),
           std::string("{} x"),
           std::string("[1,]"),
           std::string("{'a': 1}"),
           std::string("{a: 1}"),
           std::string("NaN"),
           std::string("01"),
           std::string("1e400"),
           std::string("[-1e400]"),
           std::string("// x\n1"),
           std::string(R"({"a": 1, "a": 1})"),
           std::string(R"({"b": {"a": 1, "\u0061": 2}})"),
           std::string(R"(["\u0000"])"),
           std::string(R"({"\u0000": 1})"),
           std::string("[\"\0\"]", 5),
           std::string("\"\x80\""),
           std::string("\"\xc0\xaf\""),
           std::string("\"\xed\xa0\x80\""),
           std::string(R"("\ud800")"),
           std::string("\"\n\""),
           std::string("\xef\xbb\xbf{"),
           std::string("tru"),
       }) {
    INFO(text);
    CHECK_THROWS_AS(parse_json(text, "x"), Error);
  }
}

TEST_CASE("depth and size have a limit, and deep nesting does no harm") {
  CHECK_NOTHROW(parse_json(nested(64), "x"));
  CHECK_THROWS_WITH(parse_json(nested(65), "request"), Catch::StartsWith("request: nested"));
  CHECK_THROWS_AS(parse_json(nested(300'000), "x"), Error);
  CHECK_THROWS_AS(parse_json(std::string(300'000, '['), "x"), Error);
  CHECK_NOTHROW(parse_json("\"12345678\"", "x", 10));
  CHECK_THROWS_AS(parse_json("\"123456789\"", "x", 10), Error);
}

TEST_CASE("canonical JSON is sorted, compact, and escapes as RFC 8785 does") {
  CHECK(canonical_json(Json::parse(R"({"b": [1, true, null], "a": {"z": "", "B": -1}})")) ==
        R"({"a":{"B":-1,"z":""},"b":[1,true,null]})");
  CHECK(canonical_json(Json("\b\f\n\r\t\"\\/\x01\x1f\x7f")) ==
        "\"\\b\\f\\n\\r\\t\\\"\\\\/\\u0001\\u001f\x7f\"");
  CHECK(canonical_json(Json("\u20ac \U0001f600 \u2028")) == "\"\u20ac \U0001f600 \u2028\"");
  CHECK(canonical_json(Json(9007199254740992)) == "9007199254740992");
  CHECK(canonical_json(Json(-9007199254740992)) == "-9007199254740992");
  CHECK(canonical_json(Json(0)) == "0");
}

TEST_CASE("what implementations could write differently is never hashed") {
  for (const Json& document : {Json(1.5), Json(1e20), Json(-0.0), Json{{"a", {0.1}}}, Json(9007199254740993),
                               Json(-9007199254740993), Json(std::numeric_limits<std::int64_t>::min()),
                               Json(std::numeric_limits<std::uint64_t>::max()), Json{{"\u00e9", 1}},
                               Json("\xff"), Json{{"a", "\xc3"}}, Json::binary({1, 2})}) {
    CHECK_THROWS_AS(canonical_json(document), Error);
  }
}

TEST_CASE("printing never throws, whatever the bytes") {
  CHECK(compact_json(Json("a\xff")) == "\"a\xef\xbf\xbd\"");
  CHECK(pretty_json(Json{{"a", 1}}) == "{\n  \"a\": 1\n}");
}
