#include "context/zones.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "context/document.hpp"
#include "util/error.hpp"

using namespace jit;
using namespace jit::context;

TEST_CASE("a zone's clocks tell another hour, day and date, in summer and in winter") {
  struct Told {
    const char* at;
    const char* zone;
    int hour;
    const char *weekday, *date;
  };
  for (const auto& [at, zone, hour, weekday, date] :
       {Told{"2026-07-01T22:30:00Z", "Europe/Berlin", 0, "thu", "2026-07-02"},
        Told{"2026-01-01T22:30:00Z", "Europe/Berlin", 23, "thu", "2026-01-01"},
        Told{"2026-01-01T00:30:00Z", "America/New_York", 19, "wed", "2025-12-31"},
        Told{"2026-03-29T00:59:59Z", "Europe/Berlin", 1, "sun", "2026-03-29"},
        Told{"2026-03-29T01:00:00Z", "Europe/Berlin", 3, "sun", "2026-03-29"},
        Told{"2026-10-25T00:59:59Z", "Europe/Berlin", 2, "sun", "2026-10-25"},
        Told{"2026-10-25T01:00:00Z", "Europe/Berlin", 2, "sun", "2026-10-25"},
        Told{"2026-07-01T18:29:59Z", "Asia/Kolkata", 23, "wed", "2026-07-01"},
        Told{"2026-07-01T18:30:00Z", "Asia/Kolkata", 0, "thu", "2026-07-02"}}) {
    INFO(at << " " << zone);
    Document document(util::Json{{"time", {{"at", at}}}});
    const std::string behind = std::string("@") + zone;
    CHECK(*document.find("time.hour" + behind) == hour);
    CHECK(*document.find("time.weekday" + behind) == weekday);
    CHECK(*document.find("time.date" + behind) == date);
  }
}

TEST_CASE("a zone that is not there is never passed over in silence") {
  CHECK(knows_zone("Europe/Berlin"));
  CHECK(knows_zone("UTC"));
  for (const char* none : {"", "Europe/Berln", "../../../etc/passwd", "/etc/localtime", "europe/berlin"})
    CHECK_FALSE(knows_zone(none));
  Document document(util::Json{{"time", {{"at", "2026-07-01T22:30:00Z"}}}});
  CHECK_THROWS_AS(document.find("time.hour@Nowhere"), util::Error);
  CHECK(document.find("time.nothing@UTC") == nullptr);
  Document timeless(util::Json::object());
  CHECK(timeless.find("time.hour@UTC") == nullptr);
}
