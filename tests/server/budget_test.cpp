#include "server/budget.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

namespace jit::server {
namespace {

constexpr std::size_t kMost = 800;
constexpr std::size_t kSmall = 10;

TEST_CASE("nobody takes more than an eighth of what there is for all") {
  Budget budget(kMost, kSmall);
  Budget::Hold first(budget);
  Budget::Hold second(budget);
  CHECK(first.resize("alice", 60));
  CHECK_FALSE(second.resize("alice", 41));
  CHECK(second.resize("alice", 40));
  CHECK_FALSE(first.resize("alice", 61));
  CHECK(first.resize("alice", 50));
  CHECK(second.resize("alice", 50));
  Budget::Hold other(budget);
  CHECK(other.resize("bob", 100));
}

TEST_CASE("all together take no more than there is, and what ends gives it back") {
  Budget budget(kMost, kSmall);
  {
    std::vector<std::unique_ptr<Budget::Hold>> holds;
    for (int i = 0; i < 8; ++i) {
      holds.push_back(std::make_unique<Budget::Hold>(budget));
      REQUIRE(holds.back()->resize(std::to_string(i), 100));
    }
    Budget::Hold late(budget);
    CHECK_FALSE(late.resize("late", 11));
    holds.front()->release();
    CHECK(late.resize("late", 100));
  }
  Budget::Hold again(budget);
  CHECK(again.resize("late", 100));
}

TEST_CASE("small ones are not counted, and one that grows shrinks again") {
  Budget budget(kMost, kSmall);
  Budget::Hold first(budget);
  Budget::Hold second(budget);
  CHECK(first.resize("alice", 10));
  CHECK(second.resize("alice", 100));
  CHECK_FALSE(first.resize("alice", 11));
  CHECK(second.resize("alice", 5));
  CHECK(first.resize("alice", 100));
  CHECK(first.resize("bob", 100));  // whose it is turned out later
  CHECK(second.resize("alice", 100));
}

}  // namespace
}  // namespace jit::server
