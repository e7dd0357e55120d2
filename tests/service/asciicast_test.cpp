#include "service/asciicast.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "util/error.hpp"

using jit::service::require_asciicast;

TEST_CASE("a recording is a header, and then events") {
  CHECK_NOTHROW(require_asciicast("{\"version\": 2, \"width\": 80}\n", true));
  CHECK_NOTHROW(require_asciicast("{\"version\": 2}\n[0.1, \"o\", \"x\"]\n", true));
  CHECK_NOTHROW(
      require_asciicast("[0, \"o\", \"\\u00e9\"]\n[1.5, \"r\", \"80x24\"]\n[2, \"m\", \"\"]\n", false));
  for (const char* first : {"{\"version\": 1}\n", "{}\n", "[0, \"o\", \"x\"]\n", "x\n", "\n",
                            "{\"version\": 2}", "{\"version\": 2}\n{\"version\": 2}\n"}) {
    INFO(first);
    CHECK_THROWS_AS(require_asciicast(first, true), jit::util::UsageError);
  }
  for (const char* later :
       {"{\"version\": 2}\n", "", "\n", "x\n", "[0, \"i\", \"typed\"]\n", "[0, \"o\"]\n", "[0, \"o\", 1]\n",
        "[\"0\", \"o\", \"x\"]\n", "[-1, \"o\", \"x\"]\n", "[0, \"o\", \"x\", 1]\n", "[0, \"o\", \"x\"]",
        "[0, \"o\", \"x\"]\n\n", "[0, \"o\", \"\x1b\"]\n", "[0, \"o\", \"\xc3\xa9\"]\n",
        "[0, \"o\", \"x\"]\r\n", "[0, \"o\", \"x\"] [0, \"o\", \"x\"]\n", "[1e999, \"o\", \"x\"]\n"}) {
    INFO(later);
    CHECK_THROWS_AS(require_asciicast(later, false), jit::util::UsageError);
  }
  CHECK_THROWS_AS(require_asciicast("[0, \"o\", \"" + std::string(600000, 'x') + "\"]\n", false),
                  jit::util::UsageError);
}
