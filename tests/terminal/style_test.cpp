#include "terminal/style.hpp"

#include <catch2/catch.hpp>

#include "terminal/render.hpp"

using namespace jit::terminal;

TEST_CASE("columns counts what a terminal takes") {
  CHECK(columns(std::string("abc")) == 3);
  CHECK(columns(std::string("漢字")) == 4);
  CHECK(columns(std::string("e\u0301")) == 1);
  CHECK(columns(std::string("é")) == 1);
  CHECK(columns(std::string("🚀")) == 2);
  CHECK(columns(std::string()) == 0);
}

TEST_CASE("cut never takes more than its width, and says that it cut") {
  CHECK(cut(std::string("abcdef"), 6) == "abcdef");
  CHECK(cut(std::string("abcdef"), 5) == "abcd…");
  CHECK(cut(std::string("漢字漢字"), 5) == "漢字…");
  CHECK(cut(std::string("漢字漢字"), 4) == "漢…");
  CHECK(cut(std::string("abc"), 1) == "…");
  CHECK(cut(std::string("abc"), 0).empty());
}

TEST_CASE("an escape shows in a style of its own, and not so the same text typed by hand") {
  CHECK(paint(visible_spans("a\x1b"), Color::off) == "a\\x1b");
  CHECK(paint(visible_spans("a\x1b"), Color::on) == "a\x1b[7m\\x1b\x1b[0m");
  CHECK(paint(visible_spans("a\\x1b"), Color::on) == "a\\x1b");
}

TEST_CASE("a word with escapes cannot be mistaken for one that spells them") {
  CHECK(plain_text(word_spans("\x1b[2J")) == "$'\\x1b[2J'");
  CHECK(plain_text(word_spans("\\x1b[2J")) == "'\\x1b[2J'");
  CHECK(plain_text(word_spans("\\x1b\x1b'")) == "$'\\\\x1b\\x1b\\''");
  CHECK(plain_text(word_spans("a\u202eb")) == "$'a\\u{202e}b'");
  CHECK(plain_text(word_spans("a b")) == "'a b'");
  CHECK(plain_text(word_spans("")) == "''");
  CHECK(plain_text(word_spans("\xff")) == "$'\\xff'");
}

TEST_CASE("wrapped lines keep all characters, fit, and go on below their value") {
  const Line line{{"Reason       ", Style::faint}, {std::string(50, 'x') + " y", Style::plain}};
  const auto lines = wrap(line, 30, 13);
  std::string all;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string text = plain_text(lines[i]);
    CHECK(columns(text) <= 30);
    if (i > 0) CHECK(text.substr(0, 13) == std::string(13, ' '));
    all += text.substr(13);
  }
  CHECK(all == std::string(50, 'x') + " y");
  CHECK(lines.size() == 4);
}

TEST_CASE("lines are broken between words where that can be, and no space is lost") {
  const auto lines = wrap({{"Command      ", Style::faint}, {"seq 85 86 87  88", Style::strong}}, 24, 13);
  REQUIRE(lines.size() == 2);
  CHECK(plain_text(lines[0]) == "Command      seq 85 86 ");
  CHECK(plain_text(lines[1]) == std::string(13, ' ') + "87  88");
  // A word in several styles is one word.
  const auto styled = wrap({{"aaa b", Style::plain}, {"\\x1b", Style::escape}, {"b", Style::plain}}, 8, 0);
  REQUIRE(styled.size() == 2);
  CHECK(plain_text(styled[0]) == "aaa ");
  CHECK(plain_text(styled[1]) == "b\\x1bb");
}

TEST_CASE("wrapping does not break an escape in two") {
  const auto lines = wrap(visible_spans(std::string(9, 'x') + "\u202e"), 12, 2);
  REQUIRE(lines.size() == 2);
  CHECK(plain_text(lines[0]) == std::string(9, 'x'));
  CHECK(plain_text(lines[1]) == "  \\u{202e}");
}

TEST_CASE("wrapping survives widths that make no sense") {
  for (const int width : {-5, 0, 1, 2, 20}) {
    std::string all;
    for (const auto& line : wrap({{"漢字漢字漢字漢字", Style::plain}}, width, 0)) all += plain_text(line);
    CHECK(all == "漢字漢字漢字漢字");
  }
}

TEST_CASE("prose is broken at spaces, and a word longer than a line anywhere") {
  const auto lines = wrap_words({{"! one two three", Style::bad}}, 10, 2);
  REQUIRE(lines.size() == 2);
  CHECK(plain_text(lines[0]) == "! one two");
  CHECK(plain_text(lines[1]) == "  three");
  for (const auto& line : wrap_words({{"! " + std::string(50, 'x') + " y", Style::bad}}, 10, 2))
    CHECK(columns(line) <= 10);
  CHECK(wrap_words({}, 10, 2).size() == 1);
}
