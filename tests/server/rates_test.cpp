#include "server/rates.hpp"

#include <catch2/catch.hpp>

namespace jit::server {
namespace {

using namespace std::chrono_literals;

TEST_CASE("each user may ask so often, and another is not held up by it") {
  Rates rates(10, 20);
  const auto now = Rates::Clock::now();
  for (int i = 0; i < 20; ++i) CHECK_FALSE(rates.take("alice", 1, now));
  const auto pause = rates.take("alice", 1, now);
  REQUIRE(pause);
  CHECK(*pause == 100ms);
  CHECK_FALSE(rates.take("bob", 1, now));
  CHECK_FALSE(rates.take("alice", 1, now + 100ms));
  CHECK(rates.take("alice", 1, now + 100ms));
  CHECK_FALSE(rates.take("alice", 1, now + 1h));
  CHECK_FALSE(rates.take("alice", 15, now + 1h));
  CHECK(rates.take("alice", 5, now + 1h));
  CHECK_FALSE(rates.take("alice", 1e9, now + 2h));  // more than all there is: all there is
}

TEST_CASE("what turned out to be dear delays what follows, but not for ever") {
  Rates rates(10, 20);
  const auto now = Rates::Clock::now();
  rates.charge("bob", 5);  // who has not asked owes nothing
  CHECK_FALSE(rates.take("alice", 1, now));
  rates.charge("alice", 24);
  const auto pause = rates.take("alice", 1, now);
  REQUIRE(pause);
  CHECK(*pause == 600ms);
  rates.charge("alice", 1e9);
  CHECK(rates.take("alice", 1, now + 10s));
  CHECK_FALSE(rates.take("alice", 1, now + 10'100ms));
  CHECK_FALSE(rates.take("bob", 20, now));
}

}  // namespace
}  // namespace jit::server
