#include "terminal/keys.hpp"

#include <catch2/catch.hpp>

#include "terminal/line_editor.hpp"

using jit::terminal::Key;
using jit::terminal::KeyReader;
using jit::terminal::LineEditor;
using Kind = Key::Kind;

namespace {

std::vector<Kind> kinds(const std::vector<Key>& keys) {
  std::vector<Kind> all;
  for (const auto& key : keys) all.push_back(key.kind);
  return all;
}

std::string typed(const std::string& bytes) {
  KeyReader reader;
  LineEditor editor;
  for (const auto& key : reader.feed(bytes)) editor.handle(key);
  return editor.text();
}

}  // namespace

TEST_CASE("sequences become keys, in whatever portions they come") {
  const std::string bytes = "j\x1b[A\x1bOB\x1b[5~\x1b[6~\x1b[H\x1b[4~\r\x7f\x15 é\x1b[1;5C";
  const std::vector<Kind> expected{Kind::character, Kind::up,         Kind::down,      Kind::page_up,
                                   Kind::page_down, Kind::home,       Kind::end,       Kind::enter,
                                   Kind::backspace, Kind::erase_line, Kind::character, Kind::character,
                                   Kind::other};
  KeyReader whole;
  CHECK(kinds(whole.feed(bytes)) == expected);
  KeyReader piecemeal;
  std::vector<Key> keys;
  for (const char byte : bytes) {
    for (auto& key : piecemeal.feed(std::string(1, byte))) keys.push_back(key);
  }
  CHECK(kinds(keys) == expected);
}

TEST_CASE("a lone ESC is the key once nothing follows") {
  KeyReader reader;
  CHECK(reader.feed("\x1b").empty());
  CHECK(reader.is_waiting());
  CHECK(kinds(reader.give_up()) == std::vector<Kind>{Kind::escape});
  CHECK_FALSE(reader.is_waiting());
  CHECK(reader.give_up().empty());
}

TEST_CASE("a paste is one key, whatever is in it and however it is cut") {
  const std::string bytes = "\x1b[200~a\rq\x1b[A\x1b[201~x";
  for (std::size_t portion = 1; portion <= bytes.size(); ++portion) {
    KeyReader reader;
    std::vector<Key> keys;
    for (std::size_t i = 0; i < bytes.size(); i += portion) {
      for (auto& key : reader.feed(bytes.substr(i, portion))) keys.push_back(key);
      CHECK_FALSE((reader.is_waiting() && reader.give_up().size() > 1));
    }
    if (portion < 7) continue;  // give_up above has taken the beginning of the sequence for keys
    CAPTURE(portion);
    REQUIRE(kinds(keys) == std::vector<Kind>{Kind::paste, Kind::character});
    CHECK(keys[0].text == "a\rq\x1b[A");
  }
}

TEST_CASE("bytes that are no keys do no harm") {
  KeyReader reader;
  CHECK(kinds(reader.feed("\xff\xc3(\x1b[")) == std::vector<Kind>{Kind::other, Kind::other, Kind::character});
  for (const auto& key : reader.feed(std::string(10'000, '1'))) CHECK(key.kind != Kind::enter);
  KeyReader endless;
  CHECK(endless.feed("\x1b[200~" + std::string(1U << 20U, 'x')).empty());
  const auto keys = endless.feed("\x1b[201~");
  REQUIRE(keys.size() == 1);
  CHECK(keys[0].text.size() <= 64U * 1024U);
}

TEST_CASE("forget throws away what was typed ahead") {
  KeyReader reader;
  reader.feed("\x1b[");
  reader.forget();
  CHECK(kinds(reader.feed("A")) == std::vector<Kind>{Kind::character});
}

TEST_CASE("the editor takes text, and edits it by characters") {
  CHECK(typed("abc\x7f") == "ab");
  CHECK(typed("漢字\x7f") == "漢");
  CHECK(typed("\x7f\x7f") == "");
  CHECK(typed("two words\x17") == "two ");
  CHECK(typed("gone\x15stays") == "stays");
  CHECK(typed("\x1b[200~a\nb\x1b]0;x\x07\x1b[201~c") == "a b]0;xc");
  CHECK(typed("a\xff"
              "b") == "ab");
  CHECK(typed(std::string(10'000, 'x')).size() == 4096);
}
