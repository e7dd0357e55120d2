#include <catch2/catch.hpp>

#include "service/service.hpp"
#include "store/sample.hpp"
#include "util/error.hpp"

using namespace jit;
using namespace jit::service;

namespace systems_test {

using approval::Actor;
using approval::ReviewVerdict;
using approval::View;
using util::Json;

const Actor kAlice{"alice", "", false};
const Actor kErin{"erin", "", false};
const Actor kGina{"gina", "", false};

std::string policy_with(const std::string& owners) {
  return "version: 1\ngroups: {dba: " + owners + R"(, web: [gina]}
systems:
  payments-db: {match: {command.argv: "*payments*"}, environment: production, owners: [dba]}
  shop: {match: {command.argv: "*shop*"}, environment: staging, owners: [web]}
rules:
  - {name: free, match: {labels.environment: development}, effect: allow}
  - {name: own, match: {}, effect: ask, approval: {from: {owners: 1}}}
)";
}

std::shared_ptr<const Json> facts(const std::vector<std::string>& argv, const Json& more = Json::object()) {
  Json context = {{"command", {{"argv", argv}, {"line", argv.front()}, {"name", argv.front()}}},
                  {"user", {{"name", "alice"}}}};
  context.update(more);
  return std::make_shared<const Json>(context);
}

struct World {
  test::Scratch scratch;
  store::sample::HandClock clock;
  std::unique_ptr<store::Store> store =
      store::open_sqlite(scratch / "store", store::Access::read_write, clock);
  policy::Set set = policy::Set::from_texts({{"p", policy_with("[erin]")}});
  Service service{*store, set, policy::Effect::ask};

  View ask(const std::shared_ptr<const Json>& context) {
    return std::get<View>(service.ask(kAlice, {context, "", "", {}}));
  }
  View approve(const View& view, const Actor& by) {
    return std::get<View>(service.review(by, view.request.id, ReviewVerdict::approve, ""));
  }
};

TEST_CASE("what a client says of systems is not believed; what the policies say is shown and bound") {
  World world;
  const Json forged = {{"systems", {{{"name", "sandbox"}, {"environment", "development"}}}},
                       {"overridden_labels", {{"x", "y"}}},
                       {"labels", {{"environment", "development"}, {"system", "sandbox"}, {"team", "a"}}}};
  const View view = world.ask(facts({"psql", "payments"}, forged));
  const Json& context = *view.request.context;
  CHECK(context["systems"] == Json::parse(R"([{"name": "payments-db", "environment": "production",
                                               "owners": ["dba"], "link": null}])"));
  CHECK(context["labels"] == Json{{"environment", "production"}, {"system", "payments-db"}, {"team", "a"}});
  CHECK(context["overridden_labels"] == Json{{"environment", "development"}, {"system", "sandbox"}});
  CHECK(view.eligible == std::vector<std::string>{"erin"});
  // Where no system is, the forged one is not there either, and the requester's labels are.
  const auto allowed = world.service.ask(kAlice, {facts({"true"}, forged), "", "", {}});
  CHECK(std::get<NotAsked>(allowed).verdict.effect == policy::Effect::allow);
  CHECK(std::get<NotAsked>(allowed).verdict.systems.empty());
}

TEST_CASE("each system's owners have a seat, and an owner who asks fills none") {
  World world;
  View view = world.ask(facts({"psql", "payments", "shop"}));
  CHECK(view.request.requirement.from ==
        std::vector<policy::Requirement::Seats>{{{"owners of payments-db", 1}, {"owners of shop", 1}}});
  CHECK(world.approve(view, kErin).request.state == approval::State::pending);
  CHECK(world.approve(view, kGina).request.state == approval::State::approved);
  auto own = std::get<View>(world.service.ask(kErin, {facts({"psql", "payments"}), "", "", {}}));
  CHECK(own.eligible.empty());
  CHECK(std::holds_alternative<Refusal>(
      world.service.review(kErin, own.request.id, ReviewVerdict::approve, "")));
}

TEST_CASE("where nobody owns it, it is not asked for") {
  World world;
  const auto result = world.service.ask(kAlice, {facts({"psql"}), "", "", {}});
  CHECK(std::get<NotAsked>(result).problem.find("nobody could approve it: rule own wants an owner") == 0);
}

TEST_CASE("an approval does not survive that its system has other owners, or is another") {
  World world;
  const auto context = facts({"psql", "payments"});
  const View view = world.ask(context);
  CHECK(world.approve(view, kErin).request.state == approval::State::approved);
  SECTION("they stay") {
    CHECK(std::get<Claimed>(world.service.claim(kAlice, view.request.id, context)).permit);
  }
  SECTION("other owners") {
    world.set = policy::Set::from_texts({{"p", policy_with("[frank]")}});
    const auto claimed = std::get<Claimed>(world.service.claim(kAlice, view.request.id, context));
    CHECK_FALSE(claimed.permit);
    CHECK(claimed.view.request.state == approval::State::changed);
    CHECK(claimed.differences ==
          std::vector<std::string>{
              "the approvals no longer suffice: still missing 1 of owners of payments-db"});
  }
  SECTION("one more system") {
    std::string text = policy_with("[erin]");
    text.insert(text.find("  shop:"), "  other: {match: {command.name: psql}, owners: [web]}\n");
    world.set = policy::Set::from_texts({{"p", text}});
    const auto claimed = std::get<Claimed>(world.service.claim(kAlice, view.request.id, context));
    CHECK_FALSE(claimed.permit);
    REQUIRE(claimed.differences.size() == 2);
    CHECK(claimed.differences[0] == "labels.system was payments-db, is payments-db, other");
  }
  SECTION("nobody need be asked any more") {
    std::string text = policy_with("[erin]");
    text.insert(text.find("  - {name: own"), "  - {name: all, match: {command.name: psql}, effect: allow}\n");
    world.set = policy::Set::from_texts({{"p", text}});
    CHECK(std::get<Claimed>(world.service.claim(kAlice, view.request.id, context)).permit);
  }
  SECTION("none") {
    world.set = policy::Set::from_texts(
        {{"p",
          "version: 1\nsystems: {x: {match: {command.name: x}, owners: [ivan]}}\nrules:\n"
          "  - {name: own, match: {}, effect: ask, approval: {from: {owners: 1}}}\n"}});
    CHECK_FALSE(std::get<Claimed>(world.service.claim(kAlice, view.request.id, context)).permit);
  }
}

}  // namespace systems_test
