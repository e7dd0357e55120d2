#include "store/sqlite_store.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <set>

#include "approval/document.hpp"
#include "store/sample.hpp"
#include "store/verify.hpp"
#include "support/children.hpp"
#include "util/error.hpp"

using namespace jit;
using namespace jit::store;
using namespace jit::store::sample;
using namespace std::chrono_literals;
using approval::Approve;
using approval::State;
using approval::sample::person;

TEST_CASE("a request comes back as it was stored, also in another process's eyes") {
  const test::Scratch scratch;
  const Request request = ask(*open_sqlite(scratch / "store"));
  const auto store = open_sqlite(scratch / "store");
  const auto back = store->get(request.id);
  REQUIRE(back);
  CHECK(approval::to_stored_json(*back) == approval::to_stored_json(request));
  CHECK(*back->context == *request.context);
  CHECK_FALSE(store->get(RequestId::random()));
}

TEST_CASE("a transaction that throws leaves nothing behind") {
  const test::Scratch scratch;
  const auto store = open_sqlite(scratch / "store");
  const Request request = ask(*store);
  struct Stop {};
  CHECK_THROWS_AS(store->write([&](Transaction& transaction) {
    Request changed = *transaction.get(request.id);
    changed.state = State::denied;
    transaction.update(changed);
    transaction.append({transaction.now(), "bob", "deny", request.id.text(), nullptr});
    throw Stop{};
  }),
                  Stop);
  CHECK(store->get(request.id)->state == State::pending);
  CHECK(trail(*store).size() == 1);
  CHECK(apply(*store, request.id, Approve{person("bob"), ""}));  // and the next one can write
  CHECK_FALSE(verify(*store, {}).problem);
}

TEST_CASE("what was not read in this transaction is not written") {
  const test::Scratch scratch;
  const auto store = open_sqlite(scratch / "store");
  const Request request = ask(*store);
  CHECK_THROWS_AS(store->write([&](Transaction& transaction) { transaction.update(request); }), util::Error);
}

TEST_CASE("lists are in order, filtered, and go on where a page ended") {
  const test::Scratch scratch;
  const auto store = open_sqlite(scratch / "store");
  std::vector<std::string> ids;
  for (int i = 0; i < 7; ++i) ids.push_back(ask(*store, {}, i % 2 == 0 ? "alice" : "bob").id.text());
  apply(*store, *RequestId::parse(ids[2]), approval::Withdraw{person("alice")});

  const auto list = [&](const Filter& filter) {
    std::vector<std::string> found;
    for (const Request& request : store->list(filter)) found.push_back(request.id.text());
    return found;
  };
  CHECK(list({}) == ids);
  CHECK(list({.requester = "bob"}) == std::vector<std::string>{ids[1], ids[3], ids[5]});
  CHECK(list({.requester = "bob", .limit = 2}) == std::vector<std::string>{ids[1], ids[3]});
  CHECK(list({.requester = "bob", .after = ids[1]}) == std::vector<std::string>{ids[3], ids[5]});
  CHECK(list({.states = {State::withdrawn}}) == std::vector<std::string>{ids[2]});
  CHECK(list({.states = {State::pending}, .requester = "alice"}) ==
        std::vector<std::string>{ids[0], ids[4], ids[6]});
  CHECK(list({.states = {State::pending, State::withdrawn}}) == ids);
  CHECK(list({.limit = 3}) == std::vector<std::string>(ids.begin(), ids.begin() + 3));
  CHECK(list({.after = ids[2], .limit = 3}) == std::vector<std::string>(ids.begin() + 3, ids.begin() + 6));
  CHECK(list({.after = ids[6], .limit = 3}).empty());
  CHECK(list({.after = "no such cursor", .limit = 3}).empty());
  CHECK(list({.requester = "' OR 1=1 --"}).empty());
  CHECK(list({.requester = ""}).empty());  // nobody's, not everybody's
}

TEST_CASE("requests are found by the start of their id") {
  const test::Scratch scratch;
  const auto store = open_sqlite(scratch / "store");
  const Request request = ask(*store);
  ask(*store);
  CHECK(store->find_prefix(request.id.text(), 5) == std::vector<RequestId>{request.id});
  CHECK(store->find_prefix(request.id.brief(), 5) == std::vector<RequestId>{request.id});
  CHECK(store->find_prefix("", 0).size() == 2);
  CHECK(store->find_prefix("", 1).size() == 1);
  CHECK(store->find_prefix("%", 5).empty());
  CHECK(store->find_prefix("_", 5).empty());
}

TEST_CASE("a list by the start of ids is filtered as any, and goes on where a page ended") {
  const test::Scratch scratch;
  const auto store = open_sqlite(scratch / "store");
  std::vector<std::string> ids;
  for (int i = 0; i < 60; ++i) ids.push_back(ask(*store, {}, i % 2 == 0 ? "alice" : "bob").id.text());
  apply(*store, *RequestId::parse(ids[2]), approval::Withdraw{person("alice")});
  const std::string prefix = ids[2].substr(0, 1);
  const auto list = [&](Filter filter) {
    filter.prefix = prefix;
    std::set<std::string> found;
    for (const Request& request : store->list(filter)) found.insert(request.id.text());
    return found;
  };
  const auto chosen = [&](const std::function<bool(std::size_t)>& is_wanted) {
    std::set<std::string> some;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (ids[i].starts_with(prefix) && is_wanted(i)) some.insert(ids[i]);
    }
    return some;
  };
  const auto all = chosen([](std::size_t) { return true; });
  CHECK(list({}) == all);
  CHECK(list({.requester = "alice"}) == chosen([](std::size_t i) { return i % 2 == 0; }));
  CHECK(list({.requester = "bob"}) == chosen([](std::size_t i) { return i % 2 == 1; }));
  CHECK(list({.states = {State::pending}}) == chosen([](std::size_t i) { return i != 2; }));
  CHECK(list({.states = {State::withdrawn}}) == std::set<std::string>{ids[2]});
  CHECK(list({.states = {State::withdrawn}, .requester = "bob"}).empty());
  CHECK(list({.limit = 1}) == std::set<std::string>{*all.begin()});
  CHECK(list({.after = *all.begin()}) == std::set<std::string>(std::next(all.begin()), all.end()));
  CHECK(list({.after = *all.rbegin()}).empty());
}

TEST_CASE("what is due is found by its deadline, until it is over") {
  const test::Scratch scratch;
  HandClock clock;
  const auto store = open_sqlite(scratch / "store", Access::read_write, clock);
  policy::Requirement short_one;
  short_one.expires = 1min;
  const Request request = ask(*store, short_one);
  ask(*store, {});
  const auto due = [&] {
    std::vector<RequestId> ids;
    store->write([&](Transaction& transaction) { ids = transaction.due(transaction.now(), 10); });
    return ids;
  };
  CHECK(due().empty());
  clock.pass(1min);
  CHECK(due() == std::vector<RequestId>{request.id});
  store->write([&](Transaction& transaction) {
    const auto settled = approval::settle(*transaction.get(request.id), transaction.now());
    transaction.update(settled->request);
    record(transaction, *settled);
  });
  CHECK(due().empty());
  CHECK(store->get(request.id)->state == State::expired);
}

TEST_CASE("the store's clock survives a clock that is set back, and a restart") {
  const test::Scratch scratch;
  HandClock clock;
  const util::Time start = clock.moment.wall;
  ask(*open_sqlite(scratch / "store", Access::read_write, clock));
  clock.moment.wall -= 24h;
  clock.moment.since_boot += 1min;
  const auto store = open_sqlite(scratch / "store", Access::read_write, clock);
  CHECK(store->now() == start + 1min);
  const Request later = ask(*store);
  CHECK(later.created_at == start + 1min);
  clock.moment.boot = "another";
  clock.moment.since_boot = 1s;
  CHECK(store->now() == start + 1min);
}

TEST_CASE("the trail is read in order, by time, person and request") {
  const test::Scratch scratch;
  HandClock clock;
  const auto store = open_sqlite(scratch / "store", Access::read_write, clock);
  const Request first = ask(*store);
  clock.pass(10min);
  const util::Time middle = store->now();
  const Request second = ask(*store);
  apply(*store, first.id, Approve{person("bob"), "line one\nline two"});
  CHECK(trail(*store).size() == 3);
  CHECK(trail(*store, {middle, "", ""}).size() == 2);
  CHECK(trail(*store, {{}, "bob", ""}).size() == 1);
  CHECK(trail(*store, {{}, "", first.id.text()}).size() == 2);
  CHECK(trail(*store, {{}, "", first.id.brief()}).size() == 2);
  CHECK(trail(*store, {middle, "alice", second.id.brief()}).size() == 1);
  CHECK((*trail(*store).back().entry)["data"]["message"] == "line one\nline two");
  int seen = 0;
  store->read_audit({}, [&](const audit::Entry&) { return ++seen < 2; });
  CHECK(seen == 2);
}

TEST_CASE("many processes that make the same store at once all succeed") {
  const test::Scratch scratch;
  for (const int code : test::in_parallel(16, [&](int) {
         ask(*open_sqlite(scratch / "deep/er/store"));
         return 0;
       })) {
    CHECK(code == 0);
  }
  const auto store = open_sqlite(scratch / "deep/er/store");
  CHECK(store->list({}).size() == 16);
  CHECK_FALSE(verify(*store, {}).problem);
}

TEST_CASE("of 64 processes that claim one approval, one gets it") {
  const test::Scratch scratch;
  const Request request = ask(*open_sqlite(scratch / "store"));
  REQUIRE(apply(*open_sqlite(scratch / "store"), request.id, Approve{person("bob"), ""}));
  const auto codes = test::in_parallel(64, [&](int) {
    const auto store = open_sqlite(scratch / "store");
    return apply(*store, request.id, approval::sample::claim(request)) ? 0 : 1;
  });
  CHECK(std::count(codes.begin(), codes.end(), 0) == 1);
  CHECK(std::count(codes.begin(), codes.end(), 1) == 63);
  const auto store = open_sqlite(scratch / "store");
  CHECK(store->get(request.id)->state == State::started);
  CHECK(trail(*store).size() == 3);
}

TEST_CASE("approve, deny, withdraw and expire at once: one of them, and one entry") {
  const test::Scratch scratch;
  for (int round = 0; round < 40; ++round) {
    policy::Requirement requirement = approval::sample::one_of_anyone();
    requirement.expires = 30ms;
    const Request request = ask(*open_sqlite(scratch / "store"), requirement);
    test::in_parallel(4, [&](int which) {
      const auto store = open_sqlite(scratch / "store");
      switch (which) {
        case 0:
          return apply(*store, request.id, Approve{person("bob"), ""}) ? 0 : 1;
        case 1:
          return apply(*store, request.id, approval::Deny{person("carol"), ""}) ? 0 : 1;
        case 2:
          return apply(*store, request.id, approval::Withdraw{person("alice")}) ? 0 : 1;
        default:
          return apply(*store, request.id, approval::Deadline{}) ? 0 : 1;
      }
    });
    const auto store = open_sqlite(scratch / "store");
    const auto state = store->get(request.id)->state;
    const auto entries = trail(*store, {{}, "", request.id.text()});
    INFO(approval::to_text(state));
    // An approval may still be withdrawn; nothing else follows anything.
    REQUIRE(entries.size() <= (state == State::withdrawn ? 3U : 2U));
    if (entries.size() > 1) REQUIRE((*entries.back().entry)["data"]["state"] == approval::to_text(state));
    if (entries.size() == 3) REQUIRE((*entries[1].entry)["type"] == "approve");
  }
  CHECK_FALSE(verify(*open_sqlite(scratch / "store"), {}).problem);
}
