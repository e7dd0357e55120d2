#include "audit/chain.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "util/digest.hpp"
#include "util/error.hpp"

using namespace jit;
using namespace jit::audit;

namespace {

const util::Time kStart{std::chrono::milliseconds{1'700'000'000'123}};

Draft draft(const std::string& actor, const std::string& message = "") {
  return {kStart, actor, "approve", "request",
          std::make_shared<util::Json>(util::Json{{"message", message}})};
}

std::vector<Entry> chain(int length) {
  std::vector<Entry> entries;
  std::string previous = kFirstPrevious;
  for (int i = 1; i <= length; ++i) {
    entries.push_back(make_entry(draft("user" + std::to_string(i)), i, previous));
    previous = entries.back().hash;
  }
  return entries;
}

std::optional<std::string> problem_of(const std::vector<Entry>& entries) {
  Verifier verifier;
  for (const Entry& entry : entries) {
    if (auto problem = verifier.check(entry)) return problem;
  }
  return std::nullopt;
}

Entry edited(const Entry& entry, const std::string& key, const util::Json& value) {
  auto json = std::make_shared<util::Json>(*entry.entry);
  (*json)[key] = value;
  return {json, entry.hash};
}

bool starts_with(const std::optional<std::string>& text, const std::string& start) {
  return text && text->starts_with(start);
}

}  // namespace

TEST_CASE("an entry's hash is the SHA-256 of its canonical text, as anybody can compute it") {
  const Entry entry = make_entry(draft("bob", "fine"), 1, kFirstPrevious);
  const std::string text =
      R"({"actor":"bob","at":"2023-11-14T22:13:20.123Z","data":{"message":"fine"},"prev":")" +
      std::string(64, '0') + R"(","request":"request","seq":1,"type":"approve"})";
  CHECK(util::canonical_json(*entry.entry) == text);
  CHECK(entry.hash == util::sha256(text));
}

TEST_CASE("an intact chain verifies, and its head is its last hash") {
  const auto entries = chain(5);
  Verifier verifier(entries[2].hash);
  CHECK(verifier.head() == kFirstPrevious);
  for (const Entry& entry : entries) CHECK_FALSE(verifier.check(entry));
  CHECK(verifier.count() == 5);
  CHECK(verifier.head() == entries.back().hash);
  CHECK(verifier.found_sought());
}

TEST_CASE("a head that was cut off or rewritten is not found") {
  const auto entries = chain(5);
  Verifier verifier(entries[4].hash);
  for (int i = 0; i < 4; ++i) CHECK_FALSE(verifier.check(entries[static_cast<std::size_t>(i)]));
  CHECK_FALSE(verifier.found_sought());
}

TEST_CASE("the first entry that is edited, dropped, reordered or forked is named") {
  const auto good = chain(5);
  REQUIRE_FALSE(problem_of(good));

  for (const char* key : {"actor", "at", "type", "request"}) {
    auto entries = good;
    entries[2] = edited(good[2], key, "other");
    CHECK(starts_with(problem_of(entries), "entry 3:"));
  }
  auto entries = good;
  entries[2] = edited(good[2], "data", {{"message", "other"}});
  CHECK(starts_with(problem_of(entries), "entry 3:"));

  entries = good;
  entries.erase(entries.begin() + 1);
  CHECK(starts_with(problem_of(entries), "entry 2:"));
  entries = good;
  entries.erase(entries.begin());
  CHECK(starts_with(problem_of(entries), "entry 1:"));

  entries = good;
  std::swap(entries[1], entries[2]);
  CHECK(starts_with(problem_of(entries), "entry 2:"));

  // Rewritten with a hash that fits: then the next one does not continue it.
  entries = good;
  entries[2] = make_entry(draft("mallory"), 3, good[1].hash);
  CHECK(starts_with(problem_of(entries), "entry 4:"));

  entries = good;
  entries.push_back(make_entry(draft("mallory"), 7, good[4].hash));
  CHECK(starts_with(problem_of(entries), "entry 6:"));
}

TEST_CASE("what is no entry is said to be none") {
  const Entry good = make_entry(draft("bob"), 1, kFirstPrevious);
  for (const Entry& bad : {edited(good, "extra", 1), edited(good, "seq", "1"), edited(good, "seq", 1.0),
                           edited(good, "actor", nullptr), edited(good, "data", "text"),
                           Entry{std::make_shared<util::Json>("text"), good.hash}, Entry{good.entry, ""},
                           Entry{good.entry, std::string(64, 'A')}}) {
    CHECK(starts_with(problem_of({bad}), "entry 1:"));
  }
}

TEST_CASE("an export line is one line of ASCII and reads back as it was") {
  const Entry entry = make_entry(draft("bob", "fine\nreally \x1b[31m \u202e \u00e9"), 1, kFirstPrevious);
  const std::string line = to_export_line(entry);
  for (const char c : line) CHECK((c >= 0x20 && c < 0x7f));
  const Entry back = from_export_line(line);
  CHECK(*back.entry == *entry.entry);
  CHECK(back.hash == entry.hash);
  CHECK_FALSE(problem_of({back}));
}

TEST_CASE("what is no export line is refused") {
  for (const char* line : {"", "{}", "[]", "null", R"({"entry": {}})", R"({"entry": {}, "hash": 1})",
                           R"({"entry": {}, "hash": "x", "more": 1})", R"({"entry": {}, "hash": "x"} x)",
                           R"({"entry": {"a": 1, "a": 2}, "hash": "x"})"}) {
    INFO(line);
    CHECK_THROWS_AS(from_export_line(line), util::Error);
  }
}

TEST_CASE("data that implementations could hash differently makes no entry") {
  const Draft fraction{kStart, "bob", "report", "r", std::make_shared<util::Json>(util::Json{{"exit", 1.5}})};
  CHECK_THROWS_AS(make_entry(fraction, 1, kFirstPrevious), util::Error);
}
