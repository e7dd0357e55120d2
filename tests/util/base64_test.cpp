#include "util/base64.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace jit::util;

TEST_CASE("base64 as RFC 4648 has it") {
  CHECK(base64("").empty());
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(from_base64("Zg==") == "f");
  CHECK(from_base64("Zm8=") == "fo");
  CHECK(from_base64("Zm9vYmFy") == "foobar");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all += static_cast<char>(byte);
    CHECK(from_base64(base64(all)) == all);
  }
}

TEST_CASE("nothing but base64 passes for it") {
  const std::string bad =
      GENERATE("", "Z", "Zg", "Zg=", "Zg===", "====", "Z===", "Zg=A", "=AAA", "Zm9v!", "Zm9v\n", "\nZm9vZm9v",
               " Zm9vZm9", "Zm9v Zm9", "Zm8=Zm8=", "Zm9-", "Zm9_");
  CHECK_FALSE(from_base64(bad));
}
