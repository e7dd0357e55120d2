#include "terminal/replay_filter.hpp"

#include <catch2/catch.hpp>

namespace jit::terminal {
namespace {

std::string passed(std::string_view text) {
  return ReplayFilter().pass(text);
}

TEST_CASE("what draws passes a replay") {
  for (const char* text :
       {"plain\r\n\ttext\b", "\x1b[31;1mred\x1b[0m", "\x1b[38:2::1:2:3m", "\x1b[2J\x1b[H", "\x1b[K\x1b[1K",
        "\x1b[10;20H", "\x1b[?1049h", "\x1b[?25l", "\x1b[1;24r",
        "\x1b"
        "7\x1b"
        "8",
        "\x1b(0qqq\x1b(B", "\x1b[3b", "\x1b[4h", "\x1b[2 q", "\x1bM", "\xc3\xa9\xe2\x82\xac"}) {
    CHECK(passed(text) == text);
  }
}

TEST_CASE("no part of a character passes without its beginning") {
  // ESC and a character of two, three, four bytes: what is left of it would be OSC, CSI or DCS to some.
  CHECK(passed("A\x1b\xc3\x9d"
               "0;PWNED\x07"
               "B") == "A0;PWNEDB");
  CHECK(passed("\x1b\xc3\x9b"
               "6n") == "6n");
  CHECK(passed("\x1b\xe2\x80\x9d"
               "x") == "x");
  CHECK(passed("\x1b\xf0\x9f\x9b\x90"
               "x") == "x");
  CHECK(passed("\x1b(\xc3\x9b"
               "x") == "x");
  CHECK(passed("\x1b#\xc3\x9b"
               "x") == "x");
  ReplayFilter filter;
  CHECK(filter.pass("\x1b") == "");
  CHECK(filter.pass("\xc3\x9d"
                    "0;x") == "0;x");
  CHECK(passed("\xc3\x9d\xe2\x80\x9d\xf0\x9f\x9b\x90") == "\xc3\x9d\xe2\x80\x9d\xf0\x9f\x9b\x90");
}

TEST_CASE("what makes a terminal answer, or changes what is not the screen, does not") {
  for (const char* text : {"\x1b[c",
                           "\x1b[>c",
                           "\x1b[=c",
                           "\x1b[6n",
                           "\x1b[?6n",
                           "\x1b[5n",
                           "\x1bZ",
                           "\x05",
                           "\x1b[x",
                           "\x1b[21t",
                           "\x1b[8;50;50t",
                           "\x1b]0;title\x07",
                           "\x1b]2;title\x1b\\",
                           "\x1b]52;c;aGk=\x07",
                           "\x1b]52;c;?\x07",
                           "\x1b]10;?\x07",
                           "\x1bP$qm\x1b\\",
                           "\x1bP+q544e\x1b\\",
                           "\x1b_private\x1b\\",
                           "\x1b^pm\x1b\\",
                           "\x1bXsos\x1b\\",
                           "\x1b[?1000h",
                           "\x1b[?1006h",
                           "\x1b[?2004h",
                           "\x1b[>4;2m",
                           "\x1b[?1u",
                           "\x1b[>1u",
                           "\x1b[5i",
                           "\x1b[?5i",
                           "\x1b[3J",
                           "\x1b[?3h",
                           "\x1b[?1$p",
                           "\x1b[20h",
                           "\x07",
                           "\x7f",
                           "\xc2\x85",
                           "\x1b[99999999999b",
                           "\x1b%G"}) {
    INFO(std::string(text + 1));
    CHECK(passed(text).empty());
  }
  CHECK(passed("\xc2\x9b"
               "6n") == "6n");
  CHECK(passed("\x1b[?25;1000h").empty());
}

TEST_CASE("a sequence may come in pieces, and a broken one hides nothing behind it") {
  const std::string text = "a\x1b[31mb\x1b]0;x\x1b\\c\x1b[6nd";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    ReplayFilter filter;
    CHECK(filter.pass(text.substr(0, cut)) + filter.pass(text.substr(cut)) == "a\x1b[31mbcd");
  }
  CHECK(passed("\x1b]0;x\xc2\x9cshown") == "shown");
  CHECK(passed("\x1b[31\x1b[32mshown") == "\x1b[32mshown");
  CHECK(passed("\x1b[3\x18shown") == "shown");
  CHECK(passed("\x1b]0;\x1b[6nshown") == "shown");
}

TEST_CASE("at the end the terminal is put back") {
  ReplayFilter filter;
  CHECK(filter.reset().find("1049l") == std::string::npos);
  filter.pass("\x1b[?1049h");
  CHECK(filter.reset().find("\x1b[?1049l") == 0);
  filter.pass("\x1b[?1049l");
  CHECK(filter.reset().find("1049l") == std::string::npos);
}

}  // namespace
}  // namespace jit::terminal
