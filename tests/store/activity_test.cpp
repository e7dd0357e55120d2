#include <catch2/catch.hpp>

#include "store/database.hpp"
#include "store/sample.hpp"

namespace jit::store {
namespace {

// Requests of alice for one command and one system, made at `created_at` (ms).
void fill(const std::string& directory, int count, std::int64_t created_at, std::int64_t ends_at) {
  Database database(directory + "/jit-run.db", Database::Mode::read_write);
  WriteLock lock(database);
  Query(database,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) "
        "INSERT INTO requests (id, state, requester, created_at, version, request) "
        "SELECT printf('%025d', i) || 'a', 'started', 'alice', ?2, 1, '{}' FROM n",
        std::int64_t{count}, created_at)
      .run();
  database.run(
      "UPDATE requests SET id = replace(replace(replace(replace(id, '0', 'a'), '1', 'b'), '8', 'c'), '9', "
      "'d');"
      "INSERT INTO commands (command, number) SELECT 'c', number FROM requests");
  Query(database, "INSERT INTO in_flight (system, number, ends_at) SELECT 'db', number, ?1 FROM requests",
        ends_at)
      .run();
  lock.commit();
}

std::int64_t now_of(Store& store) {
  return store.now().time_since_epoch().count();
}

TEST_CASE("however many requests there are, no more are counted and named than anybody reads") {
  const test::Scratch scratch;
  sample::HandClock clock;
  const auto store = open_sqlite(scratch / "store", Access::read_write, clock);
  fill(scratch / "store", 3000, now_of(*store), now_of(*store) + 1000);
  const Activity activity = store->activity({"alice", "c", {"db"}, std::nullopt});
  CHECK(activity.week.requests == kMostCounted);
  CHECK(activity.day.requests == kMostCounted);
  CHECK(activity.running == kMostCounted);
  CHECK(activity.runs.size() == kMostListed);
  CHECK(activity.in_flight.size() == kMostListed);
  CHECK(store->activity({"bob", "other", {"web"}, std::nullopt}).week.requests == 0);
}

TEST_CASE("what runs and what was denied is found behind however much waits") {
  const test::Scratch scratch;
  sample::HandClock clock;
  const auto store = open_sqlite(scratch / "store", Access::read_write, clock);
  fill(scratch / "store", 3000, now_of(*store), now_of(*store) + 1000);
  {
    Database database(scratch / "store/jit-run.db", Database::Mode::read_write);
    WriteLock lock(database);
    database.run(
        "UPDATE requests SET state = 'pending' WHERE number > 1; UPDATE requests SET state = 'denied' WHERE "
        "number = 2;"
        "DELETE FROM in_flight WHERE number = 2; INSERT INTO broken_glass (number) VALUES (3);"
        "INSERT INTO in_flight (system, number, ends_at) SELECT 'last', number, ends_at FROM in_flight WHERE "
        "number = 1");
    lock.commit();
  }
  const Activity activity = store->activity({"bob", "other", {"db"}, std::nullopt});
  CHECK(activity.running == 1);
  CHECK(activity.waiting == kMostCounted);
  CHECK(activity.in_flight.front().state == approval::State::started);
  const Activity own = store->activity({"alice", "other", {}, std::nullopt});
  CHECK(own.day.denied == 1);
  CHECK(own.week.break_glass == 1);
  std::vector<std::string> systems;
  for (int i = 0; i < 40; ++i) systems.push_back("system" + std::to_string(i));
  systems.emplace_back("last");
  CHECK(store->activity({"bob", "other", systems, std::nullopt}).running == 1);
}

TEST_CASE("what ended long ago is in no count, and is forgotten when there is more") {
  const test::Scratch scratch;
  sample::HandClock clock;
  const auto store = open_sqlite(scratch / "store", Access::read_write, clock);
  fill(scratch / "store", 150, now_of(*store) - 8LL * 86'400'000, now_of(*store));
  const Activity activity = store->activity({"alice", "c", {"db"}, std::nullopt});
  CHECK(activity.week.requests == 0);
  CHECK(activity.running == 0);
  const auto left = [&] {
    Database database(scratch / "store/jit-run.db", Database::Mode::read_only);
    Query query(database, "SELECT count(*) FROM in_flight");
    return query.next() ? query.integer(0) : -1;
  };
  CHECK(left() == 150);
  store->write([&](Transaction& transaction) {
    const auto context = std::make_shared<const util::Json>(
        util::Json{{"command", {{"argv", {"x"}}}}, {"systems", {{{"name", "db"}}, {{"name", "db"}}}}});
    const approval::Asked asked{approval::sample::digest(),
                                context,
                                approval::sample::ask_for(approval::sample::one_of_anyone()),
                                {"alice", "", false},
                                "",
                                "",
                                {}};
    transaction.insert(
        approval::make_request(asked, approval::RequestId::random(), transaction.now()).request);
  });
  CHECK(left() == 51);
  CHECK(store->activity({"bob", "c", {"db"}, std::nullopt}).waiting == 1);
}

}  // namespace
}  // namespace jit::store
