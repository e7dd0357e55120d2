#include "service/notices.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "service/service.hpp"
#include "store/sample.hpp"
#include "store/sqlite_store.hpp"
#include "support/scratch.hpp"

namespace jit::service {
namespace {

using namespace std::chrono_literals;

const approval::Actor kAsker{"alice", "", false};
const approval::Actor kDecider{"bob", "", false};

constexpr const char* kTold = R"(version: 1
channels:
  ops: {teams: {url_file: /ops}}
  boss: {teams: {url_file: /boss}}
rules:
  - name: asked
    match: {}
    effect: ask
    approval: {expires: 15m}
    break_glass: {from: [anyone]}
    notify: [ops]
    remind_after: 5m
    escalate: {after: 10m, to: [boss]}
)";

std::shared_ptr<const util::Json> some_context() {
  return std::make_shared<const util::Json>(util::Json{
      {"command", {{"argv", {"true"}}, {"line", "true"}, {"name", "true"}}}, {"user", {{"name", "alice"}}}});
}

struct OutboxWorld {
  test::Scratch scratch;
  std::unique_ptr<store::Store> store = store::open_sqlite(scratch / "store");
  policy::Set policies = policy::Set::from_texts({{"p", kTold}});
  Service service{*store, policies, policy::Effect::deny};

  approval::RequestId ask(bool break_glass = false) {
    NewRequest request{some_context(), "why", "", std::nullopt};
    request.break_glass = break_glass;
    return std::get<approval::View>(service.ask(kAsker, request)).request.id;
  }
  std::vector<std::string> due(const std::string& channel) {
    std::vector<std::string> events;
    for (const auto& notice : store->due_notices(channel, 10)) events.push_back(notice.event);
    return events;
  }
  void settle(const std::string& channel, store::Told::Result result, util::Millis pause = 0ms) {
    const auto first = store->due_notices(channel, 1).at(0);
    store->write([&](store::Transaction& transaction) {
      const auto now = transaction.now();
      transaction.settle({first.number, result, now, now + pause, pause > 0ms ? "away" : "", std::nullopt});
    });
  }
};

}  // namespace

TEST_CASE("what happens is written into the outbox with it, of each request one after the other") {
  OutboxWorld world;
  const auto id = world.ask();
  CHECK(world.due("ops") == std::vector<std::string>{"ask"});
  CHECK(world.due("boss").empty());
  REQUIRE(world.store->next_moment());  // the reminder
  (void)world.service.review(kDecider, id, approval::ReviewVerdict::deny, "no");
  CHECK(world.due("ops") == std::vector<std::string>{"ask"});
  world.settle("ops", store::Told::Result::later, 1h);
  CHECK(world.due("ops").empty());  // the denial must not overtake
  const auto other = world.ask();
  CHECK(world.due("ops") == std::vector<std::string>{"ask"});  // another request is not held up
  CHECK(world.store->may_notify());
  const auto status = world.store->notice_status();
  REQUIRE(status.size() == 2);
  CHECK(status[1].channel == "ops");
  CHECK(status[1].problem == "away");
  CHECK(world.store->reference(other, "ops").empty());
}

TEST_CASE("a decision takes reminders and escalations back") {
  OutboxWorld world;
  const auto id = world.ask();
  world.settle("ops", store::Told::Result::delivered);
  (void)world.service.review(kDecider, id, approval::ReviewVerdict::deny, "no");
  CHECK(world.due("ops") == std::vector<std::string>{"deny"});
  world.settle("ops", store::Told::Result::delivered);
  CHECK_FALSE(world.store->may_notify());
  CHECK_FALSE(world.store->next_moment());
  world.store->write([&](store::Transaction& transaction) {
    CHECK_FALSE(transaction.prune_notices(transaction.now() - 1h));
    CHECK(transaction.prune_notices(transaction.now() + 1h));
  });
  CHECK(world.store->notice_status().empty());
}

TEST_CASE("who breaks the glass asks nobody first") {
  OutboxWorld world;
  (void)world.ask(true);
  CHECK(world.due("ops") == std::vector<std::string>{"break_glass"});
  CHECK(world.due("boss").empty());
}

}  // namespace jit::service
