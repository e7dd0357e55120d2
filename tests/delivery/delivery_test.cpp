#include <catch2/catch.hpp>
#include <cstring>

#include "delivery/backoff.hpp"
#include "delivery/lock.hpp"
#include "support/scratch.hpp"

namespace jit::delivery {
namespace {

using namespace std::chrono_literals;

}  // namespace

TEST_CASE("pauses double up to five minutes, and heed what is wished up to an hour") {
  CHECK(pause_after(1, std::nullopt, 0) == 1s);
  CHECK(pause_after(4, std::nullopt, 0) == 8s);
  CHECK(pause_after(100, std::nullopt, 0) == 5min);
  CHECK(pause_after(1, std::nullopt, 1) == 1250ms);
  CHECK(pause_after(1, 90s, 0) == 90s);
  CHECK(pause_after(1, 100h, 0) == 1h);
}

TEST_CASE("one tells at a time") {
  const test::Scratch scratch;
  auto first = lock(scratch.path());
  REQUIRE(first);
  CHECK_FALSE(lock(scratch.path()));
  first.reset();
  CHECK(lock(scratch.path()));
}

}  // namespace jit::delivery
