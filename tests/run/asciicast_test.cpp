#include "run/asciicast.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "util/json.hpp"

namespace jit::run {
namespace {

using Since = Asciicast::Since;

std::string text_of(const std::string& line) {
  if (line.empty()) return "";
  const auto event = util::parse_json(line, "a line");
  REQUIRE(event[1] == "o");
  return event[2];
}

TEST_CASE("a header is that of an asciicast, version 2") {
  const auto line = Asciicast::header(
      {120, 50, util::Time{util::Millis{1'700'000'000'123}}, "request x, use 1", "xterm\xff"});
  const auto header = util::parse_json(line, "the header");
  CHECK(header["version"] == 2);
  CHECK(header["width"] == 120);
  CHECK(header["height"] == 50);
  CHECK(header["timestamp"] == 1'700'000'000);
  CHECK(line.back() == '\n');
}

TEST_CASE("an event has its time in seconds") {
  Asciicast cast;
  CHECK(cast.output(Since{1'234'567}, "a") == "[1.234567, \"o\", \"a\"]\n");
  CHECK(Asciicast::resized(Since{90'000'001}, 80, 24) == "[90.000001, \"r\", \"80x24\"]\n");
}

TEST_CASE("a character that comes in pieces is put together, and what is none is replaced") {
  const std::string text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Asciicast cast;
    const std::string shown = text_of(cast.output(Since{0}, text.substr(0, cut))) +
                              text_of(cast.output(Since{1}, text.substr(cut))) +
                              text_of(cast.finish(Since{2}));
    CHECK(shown == text);
  }
  Asciicast cast;
  CHECK(text_of(cast.output(Since{0},
                            "a\xff"
                            "b\xc3")) ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(text_of(cast.output(Since{0}, "(")) == "\xef\xbf\xbd(");
  CHECK(cast.output(Since{0}, "\xf0\x9f").empty());
  CHECK(text_of(cast.finish(Since{0})) == "\xef\xbf\xbd");
  CHECK(cast.finish(Since{0}).empty());
}

TEST_CASE("all of it is printable ASCII, and never a NUL") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  Asciicast cast;
  const std::string line = cast.output(Since{0}, all) + cast.finish(Since{0});
  CHECK(std::all_of(line.begin(), line.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  CHECK(line.find("u0000") == std::string::npos);
}

}  // namespace
}  // namespace jit::run
