#include "store/verify.hpp"

#include <sqlite3.h>

#include <catch2/catch.hpp>

#include "store/database.hpp"
#include "store/sample.hpp"
#include "util/error.hpp"

using namespace jit;
using namespace jit::store;
using namespace jit::store::sample;
using approval::sample::person;

namespace {

// A store with two requests: one started, one pending; then somebody edits it.
struct Edited {
  test::Scratch scratch;
  std::vector<Request> requests;
  std::string head;

  explicit Edited(const std::string& sql = "") {
    {
      const auto store = open_sqlite(scratch / "store");
      requests.push_back(ask(*store, approval::sample::two_of_sre()));
      requests.push_back(ask(*store, approval::sample::two_of_sre()));
      for (const char* name : {"bob", "carol"})
        apply(*store, requests[0].id, approval::Approve{person(name), ""});
      apply(*store, requests[0].id, approval::sample::claim(requests[0]));
      head = verify(*store, {}).head;
    }
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open((scratch / "store/jit-run.db").c_str(), &database) == SQLITE_OK);
    char* error = nullptr;
    sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &error);
    INFO(sql);
    REQUIRE(error == nullptr);
    sqlite3_close(database);
  }

  std::string problem(const std::optional<std::string>& sought = {}) {
    return verify(*open_sqlite(scratch / "store", Access::read_only), sought).problem.value_or("");
  }
};

void database_forgets(const std::string& path) {
  Database database(path, Database::Mode::read_write);
  WriteLock lock(database);
  database.run("DELETE FROM in_flight; DELETE FROM commands WHERE command = 'x'");
  lock.commit();
}

std::string problem_after(const std::string& sql) {
  return Edited(sql).problem();
}

}  // namespace

TEST_CASE("an intact store verifies") {
  Edited store;
  const auto result = verify(*open_sqlite(store.scratch / "store"), store.head);
  CHECK_FALSE(result.problem);
  CHECK(result.intact == 5);
  CHECK(result.head == store.head);
  CHECK(store.problem(std::string(64, 'f')).starts_with("no entry has the hash"));
}

TEST_CASE("whoever takes an approval back, the store goes on verifying") {
  const test::Scratch scratch;
  const auto store = open_sqlite(scratch / "store");
  for (const char* who : {"bob", "carol"}) {
    const Request request = ask(*store, approval::sample::two_of_sre());
    for (const char* name : {"bob", "carol"}) apply(*store, request.id, approval::Approve{person(name), ""});
    apply(*store, request.id, approval::Revoke{person(who), "wrong shard"});
    REQUIRE(store->get(request.id)->state == approval::State::revoked);
  }
  const Request request = ask(*store, approval::sample::two_of_sre());
  approval::Actor bob = person("bob");
  bob.login = "bobby";
  apply(*store, request.id, approval::Approve{bob, ""});
  approval::Actor same = person("carol");
  same.login = "bobby";
  apply(*store, request.id, approval::Deny{same, "on second thoughts"});
  CHECK(verify(*store, {}).problem.value_or("") == "");
}

TEST_CASE("an edited entry is named") {
  CHECK(problem_after("UPDATE audit SET entry = replace(entry, 'bob', 'eve') WHERE seq = 3")
            .starts_with("entry 3:"));
  CHECK(problem_after("UPDATE audit SET hash = 'x' WHERE seq = 2").starts_with("entry 2:"));
  CHECK(problem_after("DELETE FROM audit WHERE seq = 2").starts_with("entry 2:"));
  CHECK(problem_after("DELETE FROM audit WHERE seq = 1").starts_with("entry 1:"));
  CHECK(problem_after("UPDATE audit SET entry = 'junk' WHERE seq = 4").starts_with("entry 4:"));
  CHECK(problem_after("UPDATE audit SET seq = seq + 10 WHERE seq = 2").starts_with("entry 2:"));
  CHECK(problem_after("INSERT INTO audit (seq, hash, entry) SELECT 6, hash, entry FROM audit WHERE seq = 5")
            .starts_with("entry 6:"));
}

TEST_CASE("a trail that was cut at its end is noticed by the requests that it left behind") {
  CHECK(problem_after("DELETE FROM audit WHERE seq = 5").find("its state is started") != std::string::npos);
  CHECK(problem_after("DELETE FROM audit WHERE seq >= 2").starts_with("request "));
  CHECK(problem_after("DELETE FROM audit").find("not in the trail") != std::string::npos);
}

TEST_CASE("an edited request is named") {
  Edited intact;
  for (const char* sql :
       {"UPDATE requests SET state = 'approved' WHERE state = 'pending'",
        "UPDATE requests SET state = 'approved', request = json_set(request, '$.state', 'approved') WHERE "
        "state = "
        "'pending'",
        "UPDATE requests SET request = json_set(request, '$.uses_left', 5) WHERE state = 'pending'",
        "UPDATE requests SET request = json_set(request, '$.requirement.from[0].sre', 1) WHERE state = "
        "'pending'",
        "UPDATE requests SET request = json_set(request, '$.requester', 'eve') WHERE state = 'pending'",
        "UPDATE requests SET request = json_set(request, '$.reason', 'another') WHERE state = 'pending'",
        "UPDATE requests SET request = json_set(request, '$.reviews', json('[]')) WHERE state = 'started'",
        "UPDATE requests SET request = json_set(request, '$.expires_at', '2099-01-01T00:00:00.000Z') WHERE "
        "state = "
        "'pending'",
        "UPDATE requests SET request = 'junk' WHERE state = 'pending'",
        "DELETE FROM contexts WHERE number = 2; DELETE FROM requests WHERE number = 2",
        "DELETE FROM contexts WHERE number = 2",
        "UPDATE contexts SET context = replace(context, 'delete ns x', 'get ns y') WHERE number = 2",
        "UPDATE contexts SET context = json_set(context, '$.warnings.critical', 0) WHERE number = 2",
        "UPDATE contexts SET context = json_set(context, '$.warnings.critical', 0.5) WHERE number = 2",
        "UPDATE requests SET request = json_set(request, '$.reported', json('[1]')) WHERE state = "
        "'started'"}) {
    INFO(sql);
    CHECK(problem_after(sql).starts_with("request "));
  }
}

TEST_CASE("all of a request is what its last entry left") {
  for (const char* sql :
       {"UPDATE requests SET request = json_set(request, '$.valid_until', '2099-01-01T00:00:00.000Z') WHERE "
        "state = "
        "'started'",
        "UPDATE requests SET request = json_set(request, '$.reviews[0].message', 'other') WHERE state = "
        "'started'",
        "UPDATE requests SET request = json_set(request, '$.reviews[0].at', '2026-01-01T00:00:00.000Z') "
        "WHERE state = "
        "'started'",
        "UPDATE requests SET request = json_set(request, '$.message', 'harmless') WHERE state = 'pending'",
        "UPDATE requests SET request = json_set(request, '$.outcome', json('{\"status\": 0}')) WHERE state = "
        "'started'",
        "UPDATE requests SET request = json_set(request, '$.requester_login', 'eve') WHERE state = 'pending'",
        "UPDATE requests SET deadline = NULL WHERE state = 'pending'",
        "UPDATE requests SET requester = 'nobody' WHERE state = 'pending'",
        "UPDATE requests SET created_at = 0 WHERE state = 'pending'",
        "INSERT INTO broken_glass (number) SELECT number FROM requests WHERE state = 'pending'",
        "UPDATE requests SET review_by = 1 WHERE state = 'started'"}) {
    INFO(sql);
    CHECK(problem_after(sql).starts_with("request "));
  }
}

TEST_CASE("a request that was turned back is found in the trail") {
  Edited edited(
      "UPDATE requests SET state = 'approved', request = json_set(request, '$.state', 'approved', "
      "'$.uses_left', 1) "
      "WHERE state = 'started'");
  {
    const auto store = open_sqlite(edited.scratch / "store");
    REQUIRE(apply(*store, edited.requests[0].id, approval::sample::claim(edited.requests[0])));
  }
  CHECK(edited.problem().find("\"claim\" happened to a request that was started") != std::string::npos);
}

TEST_CASE("a recording of what never began, or not as it was kept, is named") {
  const auto recorded = [](const std::string& number, const std::string& values) {
    return problem_after("INSERT INTO recordings (request, use, start, bytes) SELECT id, " + values +
                         " FROM requests WHERE number = " + number);
  };
  CHECK(recorded("1", "1, 0, 'x'").empty());  // it began, and was not reported yet
  CHECK(recorded("1", "2, 0, 'x'").find("use 2, which never began") != std::string::npos);
  CHECK(recorded("1", "0, 0, 'x'").find("use 0, which never began") != std::string::npos);
  CHECK(recorded("2", "1, 0, 'x'").find("use 1, which never began") != std::string::npos);
  CHECK(recorded("1", "1, 0, char(0) || 'x'").empty());
  CHECK(problem_after("INSERT INTO recordings VALUES ('nobody', 1, 0, 'x')")
            .starts_with("there is a recording of request nobody"));
}

TEST_CASE("an exported chain is checked entry by entry") {
  Edited store;
  const auto entries = trail(*open_sqlite(store.scratch / "store"));
  const auto check = [](const std::vector<audit::Entry>& chain, const std::optional<std::string>& sought) {
    std::size_t at = 0;
    return verify([&]() { return at < chain.size() ? std::optional(chain[at++]) : std::nullopt; }, sought);
  };
  CHECK_FALSE(check(entries, store.head).problem);
  auto cut = entries;
  cut.pop_back();
  CHECK_FALSE(check(cut, {}).problem);
  CHECK(check(cut, store.head).problem);
  CHECK(check(cut, store.head).intact == 4);
  const auto broken = verify([]() -> std::optional<audit::Entry> { throw util::Error("not JSON"); }, {});
  CHECK(broken.problem == "entry 1: not JSON");
}

TEST_CASE("what goes on is found as it is") {
  const auto problem_of = [](const std::string& sql, bool starts = true) {
    const test::Scratch scratch;
    HandClock clock;
    const auto store = open_sqlite(scratch / "store", Access::read_write, clock);
    const auto context = std::make_shared<const util::Json>(
        util::Json{{"command", {{"argv", {"restart", "db"}}, {"line", "restart db"}}},
                   {"systems", {{{"name", "db"}}, {{"name", "web"}}}}});
    const RequestId id = RequestId::random();
    store->write([&](Transaction& transaction) {
      const approval::Asked asked{approval::bound_digest(*context),
                                  context,
                                  approval::sample::ask_for(approval::sample::one_of_anyone()),
                                  person("alice"),
                                  "",
                                  "",
                                  {}};
      const auto transition = approval::make_request(asked, id, transaction.now());
      transaction.insert(transition.request);
      record(transaction, transition);
    });
    CHECK_FALSE(verify(*store, {}).problem);
    if (starts) {
      apply(*store, id, approval::Approve{person("bob"), ""});
      apply(*store, id, approval::sample::claim(*store->get(id)));
      CHECK_FALSE(verify(*store, {}).problem);
    }
    {
      Database database(scratch / "store/jit-run.db", Database::Mode::read_write);
      WriteLock lock(database);
      database.run(sql.c_str());
      lock.commit();
    }
    const auto found = verify(*store, {}).problem.value_or("");
    if (starts) {
      // Long after it must have ended nobody looks any more.
      database_forgets(scratch / "store/jit-run.db");
      clock.pass(std::chrono::hours{2});
      CHECK_FALSE(verify(*store, {}).problem);
    }
    return found;
  };
  CHECK(
      problem_of("DELETE FROM in_flight WHERE system = 'db'").ends_with("not found in flight on db, and is"));
  CHECK(problem_of("DELETE FROM in_flight", false).ends_with("not found in flight on db, and is"));
  CHECK(problem_of("UPDATE in_flight SET ends_at = 1").ends_with("for as long as it is"));
  CHECK(problem_of("UPDATE in_flight SET ends_at = 1", false).ends_with("for as long as it is"));
  CHECK(problem_of("INSERT INTO in_flight (system, number) VALUES ('mail', 1)")
            .ends_with("found in flight on mail, and is not"));
  CHECK(problem_of("INSERT INTO commands (command, number) VALUES ('x', 1)")
            .ends_with("found as a command that it is not"));
  CHECK(problem_of("INSERT INTO commands (command, number) VALUES ('x', 7)")
            .ends_with("found as a command that it is not"));
}
