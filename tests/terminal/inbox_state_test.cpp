#include "terminal/inbox_state.hpp"

#include <catch2/catch.hpp>

#include "sample.hpp"

using namespace jit::terminal;
using jit::approval::ReviewVerdict;
using jit::approval::View;
using Screen = InboxState::Screen;
using sample::has;
using sample::kNow;

namespace {

const std::string kFirst = "aaaaaaaa" + std::string(18, 'a');
const std::string kSecond = "bbbbbbbb" + std::string(17, 'b') + "a";
const std::string kThird = "cccccccc" + std::string(17, 'c') + "a";

View request(const std::string& id, const std::string& word = "x") {
  return sample::view({"kubectl", "delete", word}, id);
}

// An inbox on a screen, and somebody at the keyboard.
struct Desk {
  InboxState state;
  KeyReader reader;
  std::vector<Decide> decisions;
  bool left = false;

  explicit Desk(std::vector<View> waiting, int width = 80, int height = 24) {
    state.resize(width, height);
    state.update(std::move(waiting), kNow, "");
  }
  void type(const std::string& bytes) {
    auto keys = reader.feed(bytes);
    for (auto& key : reader.give_up()) keys.push_back(key);
    for (const auto& key : keys) {
      const auto wish = state.handle(key);
      if (const auto* decide = std::get_if<Decide>(&wish)) decisions.push_back(*decide);
      left = left || std::holds_alternative<Quit>(wish);
    }
  }
  std::string text() const {
    std::string all;
    for (const auto& line : state.render()) all += plain_text(line) + "\n";
    return all;
  }
  std::string selected() const { return state.selected() ? state.selected()->text() : "nothing"; }
};

const std::string kUp = "\x1b[A";
const std::string kDown = "\x1b[B";
const std::string kEsc = "\x1b";

}  // namespace

TEST_CASE("an empty inbox says so, and can be left") {
  Desk desk({});
  CHECK(has(desk.text(), "nothing waits for you"));
  desk.type("\rjad");
  CHECK(desk.state.screen() == Screen::list);
  desk.type("q");
  CHECK(desk.left);
  CHECK(desk.decisions.empty());
}

TEST_CASE("the selection moves, and stops at both ends") {
  Desk desk({request(kFirst), request(kSecond), request(kThird)});
  CHECK(desk.selected() == kFirst);
  desk.type("j");
  CHECK(desk.selected() == kSecond);
  desk.type(kDown + kDown + kDown);
  CHECK(desk.selected() == kThird);
  desk.type(kUp);
  CHECK(desk.selected() == kSecond);
  desk.type("g");
  CHECK(desk.selected() == kFirst);
  desk.type("Gk");
  CHECK(desk.selected() == kSecond);
}

TEST_CASE("the selection stays with its request, not with its place") {
  Desk desk({request(kFirst), request(kSecond)});
  desk.type("j");
  desk.state.update({request(kThird), request(kFirst), request(kSecond)}, kNow, "");
  CHECK(desk.selected() == kSecond);
  desk.state.update({request(kSecond)}, kNow, "");
  CHECK(desk.selected() == kSecond);
  desk.state.update({request(kFirst), request(kThird)}, kNow, "");
  CHECK(desk.selected() == kFirst);
  desk.state.update({}, kNow, "");
  CHECK(desk.selected() == "nothing");
  desk.state.update({request(kThird)}, kNow, "");
  CHECK(desk.selected() == kThird);
}

TEST_CASE("approving: look, a, a reason or none, enter") {
  Desk desk({request(kFirst), request(kSecond)});
  desk.type("j\r");
  CHECK(desk.state.screen() == Screen::detail);
  CHECK(has(desk.text(), kSecond));
  desk.type("a");
  CHECK(desk.state.screen() == Screen::reason);
  CHECK(has(desk.text(), "Approve bbbbbbbb"));
  desk.type("looks gut\x17good");
  CHECK(has(desk.text(), "looks good_"));
  CHECK(desk.decisions.empty());
  desk.type("\r");
  REQUIRE(desk.decisions.size() == 1);
  CHECK(desk.decisions[0].shown.request.id.text() == kSecond);
  CHECK(desk.decisions[0].verdict == ReviewVerdict::approve);
  CHECK(desk.decisions[0].message == "looks good");
  desk.state.decided("Approved bbbbbbbb");
  CHECK(desk.state.screen() == Screen::list);
  CHECK(has(desk.text(), "Approved bbbbbbbb"));
}

TEST_CASE("who answers yes or no where a reason is asked for means that, and no reason") {
  Desk desk({request(kFirst)});
  desk.type("\rano\r");
  CHECK(desk.decisions.empty());
  CHECK(desk.state.screen() == Screen::detail);
  CHECK(has(desk.text(), "Nothing was sent"));
  desk.type("ay\r");
  REQUIRE(desk.decisions.size() == 1);
  CHECK(desk.decisions[0].verdict == ReviewVerdict::approve);
  CHECK(desk.decisions[0].message.empty());
}

TEST_CASE("the list says which part of it is shown") {
  std::vector<View> many;
  for (int i = 0; i < 30; ++i)
    many.push_back(
        request("aaaaaaaaaaaaaaaaaaaaaaaa" + std::string(1, "abcdefghijklmnopqrstuvwxyz234567"[i]) + "a"));
  Desk desk(std::move(many));
  CHECK(has(desk.text(), "30 requests wait for you   1 to 19 are shown"));
  desk.type("G");
  CHECK(has(desk.text(), "12 to 30 are shown"));
}

TEST_CASE("nothing is decided from the list: a and d only show what it is about") {
  Desk desk({request(kFirst)});
  desk.type("a");
  CHECK(desk.state.screen() == Screen::detail);
  desk.type(kEsc + "d");
  CHECK(desk.state.screen() == Screen::detail);
  CHECK(desk.decisions.empty());
}

TEST_CASE("denying needs a reason") {
  Desk desk({request(kFirst)});
  desk.type("\rd\r");
  CHECK(desk.decisions.empty());
  CHECK(has(desk.text(), "Say why"));
  desk.type("   \r");
  CHECK(desk.decisions.empty());
  desk.type("not tonight\r");
  REQUIRE(desk.decisions.size() == 1);
  CHECK(desk.decisions[0].verdict == ReviewVerdict::deny);
  CHECK(has(desk.decisions[0].message, "not tonight"));
}

TEST_CASE("escape cancels a reason, and a new one begins empty") {
  Desk desk({request(kFirst)});
  desk.type("\rdold text");
  desk.type(kEsc);
  CHECK(desk.state.screen() == Screen::detail);
  CHECK(has(desk.text(), "Nothing was sent"));
  desk.type("a");
  CHECK_FALSE(has(desk.text(), "old text"));
  desk.type("\r");
  REQUIRE(desk.decisions.size() == 1);
  CHECK(desk.decisions[0].verdict == ReviewVerdict::approve);
  CHECK(desk.decisions[0].message.empty());
}

TEST_CASE("a command longer than the screen must have been on it, all of it, before it can be approved") {
  Desk desk({request(kFirst, std::string(6000, 'x') + "; rm -rf /")});
  desk.type("\ra");
  CHECK(desk.state.screen() == Screen::detail);
  CHECK(has(desk.text(), "Read it first"));
  SECTION("by scrolling through it") {
    for (int i = 0; i < 20; ++i) desk.type(" ");
    desk.type("a");
    CHECK(desk.state.screen() == Screen::reason);
  }
  SECTION("line by line") {
    for (int i = 0; i < 400; ++i) desk.type("j");
    desk.type("a");
    CHECK(desk.state.screen() == Screen::reason);
  }
  SECTION("jumping to the end leaves a gap") {
    desk.type("Ga");
    CHECK(desk.state.screen() == Screen::detail);
    CHECK(has(desk.text(), "Read it first"));
    desk.type("g");
    for (int i = 0; i < 20; ++i) desk.type(" ");
    desk.type("a");
    CHECK(desk.state.screen() == Screen::reason);
  }
  SECTION("denying needs no reading") {
    desk.type("d");
    CHECK(desk.state.screen() == Screen::reason);
  }
  SECTION("what was seen of one request counts for no other") {
    for (int i = 0; i < 20; ++i) desk.type(" ");
    desk.type(kEsc);
    desk.state.update({request(kSecond, std::string(6000, 'y'))}, kNow, "");
    desk.type("\ra");
    CHECK(desk.state.screen() == Screen::detail);
  }
}

TEST_CASE("what has been read stays read when the screen is resized, half a reading does not") {
  Desk desk({request(kFirst, std::string(6000, 'x'))});
  desk.type("\r");
  SECTION("all of it") {
    for (int i = 0; i < 20; ++i) desk.type(" ");
    desk.state.resize(60, 20);
    desk.type("a");
    CHECK(desk.state.screen() == Screen::reason);
  }
  SECTION("half of it") {
    desk.type("  ");
    desk.state.resize(60, 20);
    for (int i = 0; i < 3; ++i) desk.type(" ");
    desk.type("a");
    CHECK(desk.state.screen() == Screen::detail);
  }
}

TEST_CASE("an alarm in the middle of reading is only time passing") {
  Desk desk({request(kFirst, std::string(6000, 'x'))});
  desk.type("\r");
  for (int i = 0; i < 20; ++i) {
    desk.type(" ");
    desk.state.update({request(kFirst, std::string(6000, 'x'))}, kNow + std::chrono::seconds{i}, "");
  }
  desk.type("a");
  CHECK(desk.state.screen() == Screen::reason);
}

TEST_CASE("a request decided elsewhere is said to be, and cannot be decided any more") {
  Desk desk({request(kFirst), request(kSecond)});
  desk.type("\r");
  desk.state.update({request(kSecond)}, kNow, "approved by carol");
  CHECK(desk.state.screen() == Screen::detail);
  CHECK(has(desk.text(), "approved by carol"));
  CHECK(has(desk.text(), kFirst));
  desk.type("a");
  CHECK(desk.state.screen() == Screen::detail);
  desk.type("d");
  CHECK(desk.state.screen() == Screen::detail);
  CHECK(has(desk.text(), "cannot be decided any more"));
}

TEST_CASE("a request decided elsewhere while its reason is typed takes the question away") {
  Desk desk({request(kFirst), request(kSecond)});
  desk.type("\radone");
  desk.state.update({request(kSecond)}, kNow, "withdrawn");
  CHECK(desk.state.screen() == Screen::detail);
  CHECK(has(desk.text(), "meanwhile, withdrawn"));
  desk.type("\r");
  CHECK(desk.decisions.empty());
}

TEST_CASE("new requests do not move a question to another request") {
  Desk desk({request(kSecond)});
  desk.type("\ra");
  desk.state.update({request(kFirst), request(kSecond), request(kThird)}, kNow, "");
  CHECK(has(desk.text(), "Approve bbbbbbbb"));
  desk.type("\r");
  REQUIRE(desk.decisions.size() == 1);
  CHECK(desk.decisions[0].shown.request.id.text() == kSecond);
}

TEST_CASE("a paste decides nothing, and goes only into a reason") {
  Desk desk({request(kFirst)});
  const std::string paste = "\x1b[200~\ra\ryes\r\x1b[201~";
  desk.type(paste);
  CHECK(desk.state.screen() == Screen::list);
  desk.type("\r" + paste);
  CHECK(desk.state.screen() == Screen::detail);
  desk.type("a" + paste);
  CHECK(desk.state.screen() == Screen::reason);
  CHECK(desk.decisions.empty());
  desk.type("\r");
  REQUIRE(desk.decisions.size() == 1);
  CHECK(desk.decisions[0].message == " a yes ");
}

TEST_CASE("every screen fits every size") {
  std::vector<View> waiting;
  for (int i = 0; i < 50; ++i)
    waiting.push_back(request(std::string(1, static_cast<char>('a' + i % 26)) +
                              std::string(24, static_cast<char>('a' + i / 26)) + "a"));
  for (const std::string& keys :
       {std::string(), std::string("\r"), std::string("\rd漢字 typed"), std::string("?"), std::string("G")}) {
    Desk desk(waiting);
    desk.type(keys);
    for (const int width : {1, 2, 5, 10, 20, 40, 80, 300}) {
      for (const int height : {1, 2, 3, 4, 5, 10, 24, 100}) {
        desk.state.resize(width, height);
        const auto lines = desk.state.render();
        CAPTURE(keys, width, height);
        REQUIRE(lines.size() == static_cast<std::size_t>(height));
        for (const auto& line : lines) CHECK(columns(line) <= width);
      }
    }
  }
}

TEST_CASE("the selected line is on the screen, and marked without colour") {
  std::vector<View> waiting;
  for (int i = 0; i < 26; ++i) waiting.push_back(request(std::string(25, static_cast<char>('a' + i)) + "a"));
  Desk desk(waiting, 80, 10);
  for (int i = 0; i < 25; ++i) {
    CHECK(has(desk.text(), "> " + desk.selected().substr(0, 8)));
    desk.type("j");
  }
}

TEST_CASE("nothing is approved on a screen too small to read on") {
  Desk desk({request(kFirst)}, 80, 4);
  desk.type("\r");
  for (int i = 0; i < 100; ++i) desk.type("j");
  desk.type("a");
  CHECK(desk.state.screen() == Screen::detail);
}

TEST_CASE("help comes and goes") {
  Desk desk({request(kFirst)});
  desk.type("?");
  CHECK(has(desk.text(), "approve"));
  desk.type("q");
  CHECK(desk.state.screen() == Screen::list);
  CHECK_FALSE(desk.left);
  desk.type("\r?x");
  CHECK(desk.state.screen() == Screen::detail);
}

TEST_CASE("hostile text in a typed reason shows spelled out") {
  Desk desk({request(kFirst)});
  desk.type("\rda\u202eb");
  CHECK(has(desk.text(), "a\\u{202e}b_"));
}

TEST_CASE("what could not be sent is said whole in the list, at every size that has room") {
  std::vector<View> waiting;
  for (int i = 0; i < 26; ++i) waiting.push_back(request(std::string(25, static_cast<char>('a' + i)) + "a"));
  Desk desk(waiting);
  desk.type("G\r");
  desk.state.decided("Not sent: which key? To sign an approval, signing_key must name one (in config.yaml: " +
                     std::string("signing_key: ~/.ssh/id_ed25519.pub, or a private key that you have)"));
  CHECK(has(desk.text(), "that you have)"));
  CHECK(has(desk.text(), "> " + desk.selected().substr(0, 8)));
  for (const int width : {1, 10, 40, 80}) {
    for (const int height : {1, 4, 8, 11, 12, 24}) {
      desk.state.resize(width, height);
      const auto lines = desk.state.render();
      CAPTURE(width, height);
      REQUIRE(lines.size() == static_cast<std::size_t>(height));
      for (const auto& line : lines) CHECK(columns(line) <= width);
    }
  }
}
