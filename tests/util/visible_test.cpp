#include "util/visible.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "util/text.hpp"

using jit::util::is_deceptive;
using jit::util::Oddity;
using jit::util::visible;
using jit::util::visible_pieces;

TEST_CASE("what a person may read as it is stays as it is") {
  const std::string text =
      GENERATE("", "kubectl --context prod-eu delete ns payments-old", "C:\\temp\\x1b", "é ü ñ ß ø å æ œ Ł đ",
               "漢字", "東京都ノード", "DBサーバー", "Удалить базу", "Διαγραφή βάσης", "Հայերեն", "हिन्दी",
               "עברית", "العربية", "ไทย", "한국어", "Việt Nam", "e\u0301 decomposed", "50 €, 3 µs, 20 °C",
               "→ done ✓", "cut…", "🚀", "файл2.txt");
  CAPTURE(text);
  CHECK(visible(text) == text);
  CHECK_FALSE(is_deceptive(text));
}

TEST_CASE("control characters are spelled out, and are no deception once they are") {
  const auto [text, shown] = GENERATE(table<std::string, std::string>({
      {"a\x1b[2Jb", "a\\x1b[2Jb"},
      {"a\nb\tc\rd", "a\\nb\\tc\\rd"},
      {std::string("a\0b", 3), "a\\x00b"},
      {"\x7f", "\\x7f"},
      {"\u009b2J", "\\u{9b}2J"},
      {"\u0085", "\\u{85}"},
      {"\x9b"
       "2J",
       "\\x9b2J"},
      {"\xff\xfe", "\\xff\\xfe"},
      {"caf\xe9", "caf\\xe9"},
      {"\xc0\xaf", "\\xc0\\xaf"},           // an overlong slash
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},  // a surrogate
      {"\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07"},
  }));
  CAPTURE(shown);
  CHECK(visible(text) == shown);
  CHECK_FALSE(is_deceptive(text));
}

TEST_CASE("what hides, reorders or passes for other text is spelled out, and called deceptive") {
  const auto [text, shown] = GENERATE(table<std::string, std::string>({
      {"a\u202eb\u202c", "a\\u{202e}b\\u{202c}"},
      {"\u2066x\u2069", "\\u{2066}x\\u{2069}"},
      {"\u200e\u200f\u061c", "\\u{200e}\\u{200f}\\u{61c}"},
      {"pay\u200bments", "pay\\u{200b}ments"},
      {"a\u200c\u200d\u2060\ufeff\u00ad", "a\\u{200c}\\u{200d}\\u{2060}\\u{feff}\\u{ad}"},
      {"\u180e\u034f\u115f\u1160\u3164\uffa0", "\\u{180e}\\u{34f}\\u{115f}\\u{1160}\\u{3164}\\u{ffa0}"},
      {"x\ufe0f\U000e0100", "x\\u{fe0f}\\u{e0100}"},
      {"\U000e0041\U000e007f", "\\u{e0041}\\u{e007f}"},
      {"a\u2028b\u2029c", "a\\u{2028}b\\u{2029}c"},
      {"a\u00a0b\u2003c\u202fd\u3000e", "a\\u{a0}b\\u{2003}c\\u{202f}d\\u{3000}e"},
      {"\ufff9a\ufffab\ufffb", "\\u{fff9}a\\u{fffa}b\\u{fffb}"},
      {"\ue000\U000f0000\ufdd0\U0010ffff", "\\u{e000}\\u{f0000}\\u{fdd0}\\u{10ffff}"},
      {"\u2800", "\\u{2800}"},
  }));
  CAPTURE(shown);
  CHECK(visible(text) == shown);
  CHECK(is_deceptive(text));
}

TEST_CASE("look-alikes are spelled out where they pass for ASCII") {
  const auto [text, shown] = GENERATE(table<std::string, std::string>({
      {"prod-\u0435u", "prod-\\u{435}u"},                  // Cyrillic е in a Latin word
      {"\u043aubectl", "\\u{43a}ubectl"},                  // к resembles k enough there
      {"p\u0430y\u03bfut", "p\\u{430}y\\u{3bf}ut"},        // two scripts beside Latin
      {"\u0440\u0430\u0443", "\\u{440}\\u{430}\\u{443}"},  // nothing but look-alikes: "рау"
      {"rm -rf \u0430", "rm -rf \\u{430}"},
      {"\u0410\u0392", "\\u{410}\\u{392}"},              // Cyrillic А, Greek Β
      {"s\u0585do", "s\\u{585}do"},                      // Armenian օ
      {"\uff4c\uff53", "\\u{ff4c}\\u{ff53}"},            // fullwidth
      {"\U0001d42b\U0001d426", "\\u{1d42b}\\u{1d426}"},  // mathematical bold
      {"\u212aey", "\\u{212a}ey"},                       // KELVIN SIGN
      {"\u2113s", "\\u{2113}s"},                         // script l
      {"adm\u0131n", "adm\\u{131}n"},                    // dotless i
      {"adm\u0069\u0307n", "admi\\u{307}n"},             // a second dot on an i
      {"\u13aa\u13aa", "\\u{13aa}\\u{13aa}"},            // Cherokee
      {"etc\u30cepasswd", "etc\\u{30ce}passwd"},         // katakana no, as a slash
      {"\u0661\u0665", "\\u{661}\\u{665}"},              // Arabic digits
  }));
  CAPTURE(shown);
  CHECK(visible(text) == shown);
  CHECK(is_deceptive(text));
}

TEST_CASE("punctuation that passes for ASCII is always spelled out") {
  const char32_t point =
      GENERATE(0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2212, 0x2018, 0x2019, 0x201c, 0x201d, 0x2032, 0x2044,
               0x2215, 0x29f8, 0x2216, 0x2024, 0x2025, 0x2236, 0xff0f, 0xff0d, 0xff1b, 0xfe68, 0x37e, 0x589,
               0x2223, 0x1c3, 0x2039, 0xa789);
  std::string text = "Удалить ";
  text += static_cast<char>(0xe0U | (point >> 12U));
  text += static_cast<char>(0x80U | ((point >> 6U) & 0x3fU));
  text += static_cast<char>(0x80U | (point & 0x3fU));
  if (point < 0x800) {
    text = "Удалить ";
    text += static_cast<char>(0xc0U | (point >> 6U));
    text += static_cast<char>(0x80U | (point & 0x3fU));
  }
  CAPTURE(static_cast<unsigned>(point));
  CHECK(visible(text).substr(0, visible(text).find('\\')) == "Удалить ");
  CHECK(visible(text).find("\\u{") != std::string::npos);
  CHECK(is_deceptive(text));
}

TEST_CASE("combining marks: accents stay, a pile of them or one without a letter does not") {
  CHECK(visible("e\u0301") == "e\u0301");
  CHECK(visible("e\u0302\u0301") == "e\u0302\u0301");
  CHECK(visible("e\u0302\u0301\u0300\u0308") == "e\u0302\u0301\\u{300}\\u{308}");
  CHECK(visible("\u0301a") == "\\u{301}a");
  CHECK(visible("- \u0301") == "- \\u{301}");
  CHECK(visible("a\x1b\u0301") == "a\\x1b\\u{301}");
  CHECK(visible("n\u0338o") == "n\\u{338}o");  // struck through
  CHECK(visible("a\u20dd") == "a\\u{20dd}");   // encircled
  CHECK(is_deceptive("e\u0302\u0301\u0300"));
}

TEST_CASE("pieces tell an escape from the same text typed by hand") {
  const auto pieces = visible_pieces("\\x1b\x1b");
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[0].text == "\\x1b");
  CHECK(pieces[0].oddity == Oddity::none);
  CHECK(pieces[1].text == "\\x1b");
  CHECK(pieces[1].oddity == Oddity::control);
}

TEST_CASE("whatever comes in, what comes out is one line of characters that hide nothing") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  for (char32_t point = 0x80; point < 0x3100; ++point) {
    if (point >= 0x800) all += static_cast<char>(0xe0U | (point >> 12U));
    all += point >= 0x800 ? static_cast<char>(0x80U | ((point >> 6U) & 0x3fU))
                          : static_cast<char>(0xc0U | (point >> 6U));
    all += static_cast<char>(0x80U | (point & 0x3fU));
  }
  const std::string once = visible(all);
  CHECK(jit::util::is_utf8(once));
  std::string_view rest = once;
  while (const auto point = jit::util::take_code_point(rest)) {
    if (jit::util::oddity_of(*point) != Oddity::none)
      FAIL("left as it was: " << static_cast<unsigned>(*point));
  }
  CHECK(rest.empty());
}

TEST_CASE("a long text takes linear time") {
  // Quadratic behaviour on 8 MiB would not end within a test's time limit.
  CHECK(visible(std::string(8U << 20U, 'a')).size() == 8U << 20U);
  CHECK(visible(std::string(1U << 20U, '\x1b')).size() == 4U << 20U);
  std::string marks = "e";
  for (int i = 0; i < 200'000; ++i) marks += "\u0301";
  CHECK(visible(marks).size() > marks.size());
}
