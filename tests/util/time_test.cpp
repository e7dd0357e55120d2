#include "util/time.hpp"

#include <catch2/catch.hpp>

using namespace jit::util;
using namespace std::chrono_literals;

TEST_CASE("times are written with three decimals and read back") {
  const Time time{1'700'000'000'123ms};
  CHECK(to_rfc3339(time) == "2023-11-14T22:13:20.123Z");
  CHECK(parse_rfc3339("2023-11-14T22:13:20.123Z") == time);
  CHECK(parse_rfc3339("2023-11-14T22:13:20.12Z") == time - 3ms);
  CHECK(parse_rfc3339("2023-11-14T22:13:20.1Z") == time - 23ms);
  CHECK(parse_rfc3339("2023-11-14T22:13:20Z") == time - 123ms);
  CHECK(to_rfc3339(Time{0ms}) == "1970-01-01T00:00:00.000Z");
  CHECK(parse_rfc3339("2024-02-29T23:59:59Z"));
  for (const long long millis : {0LL, 1LL, 999LL, 951'782'400'000LL, 4'102'444'799'999LL}) {
    CHECK(parse_rfc3339(to_rfc3339(Time{Millis{millis}})) == Time{Millis{millis}});
  }
}

TEST_CASE("what is no time in UTC is none") {
  for (const char* text : {"",
                           "2023-11-14",
                           "2023-11-14T22:13:20",
                           "2023-11-14 22:13:20Z",
                           "2023-11-14t22:13:20z",
                           "2023-11-14T22:13:20+00:00",
                           "2023-13-14T22:13:20Z",
                           "2023-02-29T00:00:00Z",
                           "2023-11-14T24:00:00Z",
                           "2023-11-14T22:60:20Z",
                           "2023-11-14T22:13:60Z",
                           "2023-11-14T22:13:20.Z",
                           "2023-11-14T22:13:20.1234Z",
                           "2023-11-14T22:13:20Zx",
                           " 2023-11-14T22:13:20Z",
                           "23-11-14T22:13:20Z",
                           "2023-00-10T00:00:00Z",
                           "2023-01-00T00:00:00Z",
                           "-023-11-14T22:13:20Z",
                           "2023-11-14T22:13:2 Z"}) {
    INFO(text);
    CHECK_FALSE(parse_rfc3339(text));
  }
}

TEST_CASE("durations") {
  CHECK(parse_duration("15m") == 15min);
  CHECK(parse_duration("1h30m") == 90min);
  CHECK(parse_duration("90s") == 90s);
  CHECK(parse_duration("500ms") == 500ms);
  CHECK(parse_duration("2d") == 48h);
  CHECK(parse_duration("1d2h3m4s5ms") == 26h + 3min + 4s + 5ms);
  CHECK(parse_duration("3650d") == 87'600h);
  for (const char* text : {"",
                           "0s",
                           "0m",
                           "15",
                           "m",
                           "-1m",
                           "+1m",
                           "1.5h",
                           "1m1h",
                           "1h1h",
                           "1 h",
                           "1H",
                           "1h ",
                           " 1h",
                           "3651d",
                           "99999999999999999999s",
                           "9223372036854775807ms",
                           "1ms1s",
                           "1hm",
                           "5y",
                           "1h30"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("durations are written as they are read") {
  for (const char* text : {"15m", "1h30m", "1m30s", "500ms", "2d", "1d2h3m4s5ms", "1ms"}) {
    CHECK(to_text(*parse_duration(text)) == text);
  }
  CHECK(to_text(90s) == "1m30s");
  CHECK(to_text(0ms) == "0s");
}

TEST_CASE("a live display never shows less than there is") {
  CHECK(to_clock_text(15min) == "15:00");
  CHECK(to_clock_text(1h + 2min + 3s) == "1:02:03");
  CHECK(to_clock_text(7s) == "0:07");
  CHECK(to_clock_text(6001ms) == "0:07");
  CHECK(to_clock_text(1ms) == "0:01");
  CHECK(to_clock_text(0ms) == "0:00");
  CHECK(to_clock_text(-5s) == "0:00");
}
