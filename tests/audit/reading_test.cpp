// The forms of the trail that people read: log lines, CSV, and what they may say of a time.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "audit/csv.hpp"
#include "audit/line.hpp"
#include "audit/since.hpp"

using namespace jit;
using namespace jit::audit;
using namespace std::chrono_literals;

namespace {

const util::Time kNow{std::chrono::milliseconds{1'700'000'000'123}};

Entry entry_with(const util::Json& data, const std::string& actor = "alice") {
  return make_entry({kNow, actor, "ask", "abcdefghijklmnop", std::make_shared<util::Json>(data)}, 1,
                    kFirstPrevious);
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size()))
    ++found;
  return found;
}

}  // namespace

TEST_CASE("a log line is one line, whatever was written into a reason") {
  const std::string line =
      to_log_line(entry_with({{"line", "rm -rf x"}, {"reason", "one\ntwo\x1b[2J\r"}, {"state", "pending"}}));
  CHECK(line.find('\n') == std::string::npos);
  CHECK(line.find('\x1b') == std::string::npos);
  CHECK(line.starts_with("2023-11-14T22:13:20.123Z  alice"));
  CHECK(line.find("rm -rf x; reason: one") != std::string::npos);
  CHECK(line.find("now pending") != std::string::npos);
  CHECK(to_log_line(entry_with({{"token", "ab12"}, {"user", "bob"}, {"scopes", {"request", "review"}}}))
            .ends_with("token: ab12; of: bob; scopes: request,review"));
  CHECK(to_log_line(entry_with({{"requests", 2}, {"tokens", 0}}))
            .ends_with("requests ended: 2; tokens ended: 0"));
  CHECK(to_log_line({std::make_shared<util::Json>("junk\n"), "x\n"}).find('\n') == std::string::npos);
}

TEST_CASE("a CSV record is one record and one line, whatever was written into a reason") {
  const std::string record = csv_record(entry_with({{"line", "a,b"}, {"reason", "one\n\"two\", three\r\n"}}));
  CHECK(record.ends_with("\r\n"));
  CHECK(count(record, "\n") == 1);
  CHECK(record.find(",\"a,b\",") != std::string::npos);
  CHECK(record.find("\"\"two\"\"") != std::string::npos);
  const std::string header = csv_header();
  CHECK(header.starts_with("seq,at,actor,type,request,"));
  CHECK(count(header, ",") == 12);
}

TEST_CASE("nothing in a CSV is a formula") {
  for (const char first : {'=', '+', '-', '@'}) {
    const std::string start(1, first);
    const std::string record = csv_record(entry_with({{"line", start + "cmd|' /C calc'!A0"}}));
    CHECK(record.find(",'" + start + "cmd") != std::string::npos);
    CHECK(record.find("," + start + "cmd") == std::string::npos);
    const std::string quoted = csv_record(entry_with({{"line", start + "HYPERLINK(\"a\",\"b\")"}}));
    CHECK(quoted.find("\"'" + start + "HYPERLINK") != std::string::npos);
  }
}

TEST_CASE("the option --since takes a time, a day or a duration") {
  CHECK(parse_since("2023-11-14T22:13:20Z", kNow) == kNow - 123ms);
  CHECK(util::to_rfc3339(*parse_since("2023-11-14", kNow)) == "2023-11-14T00:00:00.000Z");
  CHECK(parse_since("2h", kNow) == kNow - 2h);
  CHECK(parse_since("1h30m", kNow) == kNow - 90min);
  for (const char* bad : {"", "yesterday", "2023-13-01", "2023-11-14T", "-2h", "2h ago"}) {
    CHECK_FALSE(parse_since(bad, kNow));
  }
}
