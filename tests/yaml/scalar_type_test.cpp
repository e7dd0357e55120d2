#include <catch2/catch.hpp>
#include <string>

#include "yaml/document.hpp"

using jit::yaml::Node;
using jit::yaml::ScalarType;
using jit::yaml::type_of;

namespace {

ScalarType type_of_plain(const std::string& text) {
  Node node;
  node.scalar = text;
  node.plain = true;
  return type_of(node);
}

}  // namespace

TEST_CASE("what every reader agrees on has its type") {
  REQUIRE(type_of_plain("true") == ScalarType::boolean);
  REQUIRE(type_of_plain("false") == ScalarType::boolean);
  const std::string integer = GENERATE(as<std::string>{}, "0", "1", "-5", "42", "9223372036854775807");
  REQUIRE(type_of_plain(integer) == ScalarType::integer);
  const std::string text =
      GENERATE(as<std::string>{}, "kubectl", "get *", "-n", "--force", "15m", "1h30m", "1.2.3", "10.0.0.5",
               "OPS-[0-9]+", "noon", "yesterday", "e5", "1e", "0xyz", "1:2:x", "2026-11", "a1", "/x", "::1");
  CAPTURE(text);
  REQUIRE(type_of_plain(text) == ScalarType::text);
}

TEST_CASE("what readers of YAML disagree on is doubtful") {
  const std::string text =
      GENERATE(as<std::string>{}, "yes", "No", "ON", "off", "y", "N", "null", "Null", "~", "True", "FALSE",
               "", "010", "0777", "-0", "+5", "0x1f", "0o17", "0b11", "1.5", ".5", "5.", "1e3", "12345e7",
               "-1.5E-3", ".inf", "-.INF", ".nan", "1:20", "1:20:30", "1_000", "2026-11-22",
               "2026-11-22T10:14:00Z", "2026-1-2 10:14:00", "9223372036854775808", "=");
  CAPTURE(text);
  REQUIRE(type_of_plain(text) == ScalarType::doubtful);
}

TEST_CASE("what is quoted is text") {
  Node node;
  node.scalar = GENERATE(as<std::string>{}, "yes", "1", "true", "");
  REQUIRE(type_of(node) == ScalarType::text);
}
