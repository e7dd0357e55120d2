#include <catch2/catch.hpp>

#include "context/document.hpp"
#include "service/service.hpp"
#include "store/sample.hpp"

using namespace jit;
using namespace jit::service;
using namespace std::chrono_literals;

namespace activity_test {

using approval::Actor;
using approval::RequestId;
using approval::ReviewVerdict;
using approval::State;
using approval::View;
using util::Json;

const Actor kAlice{"alice", "", false};
const Actor kBob{"bob", "", false};
const Actor kErin{"erin", "", false};

constexpr const char* kPolicy = R"(version: 1
systems:
  db: {match: {command.argv: "*payments*"}, owners: [erin]}
  shop: {match: {command.argv: "*shop*"}}
rules:
  - {name: busy, match: {activity.running: {above: 0}}, effect: deny, message: another change is running}
  - {name: often, match: {command.name: few, activity.requests_24h: {below: 2}}, effect: allow}
  - {name: recorded, match: {command.name: kept}, effect: ask, record: outcome,
     break_glass: {from: [anyone]}}
  - {name: twice, match: {command.name: twice}, effect: ask, approval: {uses: 2}}
  - {name: ask, match: {}, effect: ask, break_glass: {from: [anyone]}}
)";

std::shared_ptr<const Json> facts(const std::vector<std::string>& argv) {
  return std::make_shared<const Json>(
      Json{{"command", {{"argv", argv}, {"line", argv.front()}, {"name", argv.front()}}},
           {"activity", {{"running", 7}, {"requests_24h", 0}}}});
}

struct World {
  test::Scratch scratch;
  store::sample::HandClock clock;
  std::unique_ptr<store::Store> store =
      store::open_sqlite(scratch / "store", store::Access::read_write, clock);
  policy::Set set = policy::Set::from_texts({{"p", kPolicy}});
  Service service{*store, set, policy::Effect::ask};

  std::variant<View, NotAsked> try_to_ask(const std::vector<std::string>& argv, const Actor& by = kAlice) {
    return service.ask(by, {facts(argv), "why", "", {}});
  }
  View ask(const std::vector<std::string>& argv, const Actor& by = kAlice) {
    return std::get<View>(try_to_ask(argv, by));
  }
  View asked_and(ReviewVerdict verdict, const std::vector<std::string>& argv, const Actor& by = kAlice) {
    return std::get<View>(service.review(kErin, ask(argv, by).request.id, verdict, "x"));
  }
  Claimed claim(const View& view, const std::vector<std::string>& argv, const Actor& by = kAlice) {
    return std::get<Claimed>(service.claim(by, view.request.id, facts(argv)));
  }
  void run(const std::vector<std::string>& argv, const Actor& by = kAlice) {
    REQUIRE(claim(asked_and(ReviewVerdict::approve, argv, by), argv, by).permit);
  }
  Json activity(const std::vector<std::string>& argv, const Actor& by = kAlice) {
    context::Document document(*facts(argv));
    return service.activity(by, document, {});
  }
};

TEST_CASE("who asks how often, and what became of it; what a client says of it is not believed") {
  World world;
  const Json none = (*world.ask({"x"}).request.context)["activity"];
  CHECK(none["requests_24h"] == 0);
  CHECK(none["running"] == 0);
  CHECK(none["last_runs"].empty());
  world.asked_and(ReviewVerdict::deny, {"x"});
  (void)world.service.ask(kAlice, {facts({"x"}), "fire", "", {}, {}, true});
  world.ask({"x"}, kBob);
  Json now = world.activity({"x"});
  CHECK(now["requests_24h"] == 3);
  CHECK(now["denied_24h"] == 1);
  CHECK(now["break_glass_24h"] == 1);
  world.clock.pass(25h);
  now = world.activity({"x"});
  CHECK(now["requests_24h"] == 0);
  CHECK(now["denied_24h"] == 0);
  CHECK(now["requests_7d"] == 3);
  CHECK(now["denied_7d"] == 1);
  CHECK(now["break_glass_7d"] == 1);
  world.clock.pass(24h * 7);
  CHECK(world.activity({"x"})["requests_7d"] == 0);
  CHECK(world.activity({"x"}, kBob)["requests_7d"] == 0);
}

TEST_CASE("how the same command ended before, whoever ran it") {
  World world;
  const View kept = world.asked_and(ReviewVerdict::approve, {"kept", "a"});
  CHECK(world.activity({"kept", "a"})["last_runs"].empty());  // it has not run
  REQUIRE(world.claim(kept, {"kept", "a"}).permit);
  (void)world.service.report(kAlice, kept.request.id, {{"status", 3}, {"use", 1}});
  world.clock.pass(1min);
  world.asked_and(ReviewVerdict::deny, {"kept", "a"}, kBob);
  world.asked_and(ReviewVerdict::deny, {"kept", "b"}, kBob);
  const Json runs = world.activity({"kept", "a"})["last_runs"];
  REQUIRE(runs.size() == 2);
  CHECK(runs[0]["state"] == "denied");
  CHECK(runs[0]["by"] == "bob");
  CHECK(runs[1]["state"] == "finished");
  CHECK(runs[1]["status"] == 3);
  CHECK(runs[1]["by"] == "alice");
  for (int i = 0; i < 9; ++i) world.asked_and(ReviewVerdict::deny, {"kept", "a"});
  CHECK(world.activity({"kept", "a"})["last_runs"].size() == 5);
}

TEST_CASE("another request about the same system is in flight until it ends") {
  World world;
  const View bobs = world.ask({"kept", "payments"}, kBob);
  world.ask({"kept", "shop"}, kBob);
  world.ask({"kept"}, kBob);
  Json now = world.activity({"x", "payments"});
  CHECK(now["waiting"] == 1);
  CHECK(now["running"] == 0);
  CHECK(now["in_flight"] == Json::array({{{"id", bobs.request.id.text()},
                                          {"requester", "bob"},
                                          {"state", "pending"},
                                          {"systems", {"db"}}}}));
  CHECK(world.activity({"x"})["in_flight"].empty());
  CHECK(world.activity({"x", "payments", "shop"})["waiting"] == 2);
  (void)world.service.review(kErin, bobs.request.id, ReviewVerdict::approve, "");
  CHECK(world.activity({"x", "payments"})["waiting"] == 1);
  REQUIRE(world.claim(bobs, {"kept", "payments"}, kBob).permit);
  now = world.activity({"x", "payments"});
  CHECK(now["waiting"] == 0);
  CHECK(now["running"] == 1);
  CHECK(std::get<NotAsked>(world.try_to_ask({"x", "payments"})).verdict.message ==
        "another change is running");
  CHECK(std::holds_alternative<View>(world.try_to_ask({"x"})));
  (void)world.service.report(kBob, bobs.request.id, {{"status", 0}, {"use", 1}});
  CHECK(world.activity({"x", "payments"})["running"] == 0);
}

TEST_CASE("what nobody reports the end of is taken to run for an hour, what somebody should for a day") {
  World world;
  world.run({"x", "payments"}, kBob);
  world.run({"kept", "shop"}, kBob);
  world.clock.pass(59min);
  CHECK(world.activity({"x", "payments", "shop"})["running"] == 2);
  world.clock.pass(2min);
  CHECK(world.activity({"x", "payments"})["running"] == 0);
  CHECK(world.activity({"x", "shop"})["running"] == 1);
  world.clock.pass(24h);
  CHECK(world.activity({"x", "shop"})["running"] == 0);
  // And that somebody looked at it does not make it run on.
  const auto broken =
      std::get<View>(world.service.ask(kBob, {facts({"x", "shop"}), "fire", "", {}, {}, true}));
  CHECK(world.activity({"x", "shop"})["running"] == 1);
  world.clock.pass(50min);
  (void)world.service.review(kErin, broken.request.id, ReviewVerdict::acknowledge, "");
  world.clock.pass(20min);
  CHECK(world.activity({"x", "shop"})["running"] == 0);
}

TEST_CASE("what was withdrawn, denied or has expired is not in flight") {
  World world;
  const View first = world.ask({"x", "shop"});
  (void)world.service.withdraw(kAlice, first.request.id);
  world.asked_and(ReviewVerdict::deny, {"x", "shop"});
  world.ask({"x", "shop"});
  CHECK(world.activity({"y", "shop"})["waiting"] == 1);
  world.clock.pass(31min);  // nobody has written down yet that its time is over
  CHECK(world.activity({"y", "shop"})["waiting"] == 0);
}

TEST_CASE("a claim is judged by what goes on now, and is itself no part of it") {
  World world;
  const View mine = world.asked_and(ReviewVerdict::approve, {"x", "payments"});
  SECTION("nothing else") {
    CHECK(world.claim(mine, {"x", "payments"}).permit);
  }
  SECTION("another change has started meanwhile") {
    world.run({"kept", "payments"}, kBob);
    const Claimed claimed = world.claim(mine, {"x", "payments"});
    CHECK_FALSE(claimed.permit);
    CHECK(claimed.view.request.state == State::changed);
    CHECK(claimed.differences ==
          std::vector<std::string>{"the policy now denies it (busy): another change is running"});
  }
}

TEST_CASE("asking does not change the verdict that the claim has") {
  World world;
  CHECK(std::get<NotAsked>(world.try_to_ask({"few"})).verdict.effect == policy::Effect::allow);
  world.ask({"x"});
  world.ask({"x"});
  const View third = world.asked_and(ReviewVerdict::approve, {"few"});  // the third of the day
  CHECK(third.request.rules == std::vector<std::string>{"ask"});
  CHECK(world.claim(third, {"few"}).permit);
}

TEST_CASE("an approval of before that would serve again is not another change") {
  World world;
  const View grant = world.asked_and(ReviewVerdict::approve, {"twice", "payments"});
  CHECK(world.activity({"twice", "payments"})["waiting"] == 0);
  CHECK(world.activity({"twice", "payments"}, kBob)["waiting"] == 1);
  CHECK(world.activity({"other", "payments"})["waiting"] == 1);
  REQUIRE(world.claim(grant, {"twice", "payments"}).permit);
  CHECK(std::get<View>(world.try_to_ask({"twice", "payments"})).request.id == grant.request.id);
}

}  // namespace activity_test
