#include "store/clock.hpp"

#include <catch2/catch.hpp>

using namespace jit;
using namespace jit::store;
using namespace std::chrono_literals;

namespace {

const util::Time kWall{std::chrono::hours{480'000}};

}  // namespace

TEST_CASE("without a write before it, the store's clock is the wall clock") {
  CHECK(store_time({kWall, "boot", 5s}, std::nullopt) == kWall);
}

TEST_CASE("setting the clock back gives nobody more time") {
  const Anchor anchor{"boot", 100s, kWall};
  CHECK(store_time({kWall - 1h, "boot", 160s}, anchor) == kWall + 60s);
  CHECK(store_time({kWall - 1h, "boot", 100s}, anchor) == kWall);
  // It slept for two hours: that time has passed too, whatever the wall clock says.
  CHECK(store_time({kWall, "boot", 100s + 2h}, anchor) == kWall + 2h);
}

TEST_CASE("a wall clock that is ahead is believed") {
  CHECK(store_time({kWall + 1h, "boot", 101s}, Anchor{"boot", 100s, kWall}) == kWall + 1h);
}

TEST_CASE("after a restart the store's clock goes on from the last write at least") {
  const Anchor anchor{"boot", 100'000s, kWall};
  CHECK(store_time({kWall - 1h, "another", 10s}, anchor) == kWall);
  CHECK(store_time({kWall + 1h, "another", 10s}, anchor) == kWall + 1h);
  CHECK(store_time({kWall - 1h, "", 999'999s}, Anchor{"", 0s, kWall}) ==
        kWall);  // the kernel does not name its boots
}

TEST_CASE("a clock since boot that runs backwards does not take the store's along") {
  CHECK(store_time({kWall - 1h, "boot", 50s}, Anchor{"boot", 100s, kWall}) == kWall);
}

TEST_CASE("the system's clock knows its boot") {
  const Moment first = system_clock().read();
  const Moment second = system_clock().read();
  CHECK(first.boot == second.boot);
  CHECK(first.boot.size() == 36);
  CHECK(second.since_boot >= first.since_boot);
  CHECK(first.since_boot > 0ms);
}
