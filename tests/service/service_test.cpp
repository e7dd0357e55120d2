#include "service/service.hpp"

#include <catch2/catch.hpp>

#include "context/action.hpp"
#include "store/sample.hpp"
#include "store/verify.hpp"
#include "support/children.hpp"
#include "util/digest.hpp"
#include "util/error.hpp"

using namespace jit;
using namespace jit::service;
using namespace std::chrono_literals;
using approval::Actor;
using approval::RequestId;
using approval::ReviewVerdict;
using approval::State;
using approval::View;

namespace {

const Actor kAlice{"alice", "", false};
const Actor kBob{"bob", "", false};
const Actor kCarol{"carol", "", false};
const Actor kRoot{"root", "", true};

constexpr const char* kPolicy = R"(version: 1
groups:
  sre: [alice, bob, carol]
rules:
  - name: reads
    match: {command.name: kubectl, command.subcommand: "get *"}
    effect: allow
  - name: never
    match: {command.name: rm}
    effect: deny
    message: not here
  - name: deletes
    match: {command.name: kubectl}
    effect: ask
    labels: {environment: production}
    approval: {from: {sre: 1}, expires: 15m, valid_for: 5m}
  - name: tickets
    match: {command.name: ticketed}
    effect: ask
    requires: {reason: true, ticket: "OPS-[0-9]+"}
)";

policy::Set policies(const std::string& text = kPolicy) {
  return policy::Set::from_texts({{"test.yaml", text}});
}

std::shared_ptr<const util::Json> facts(const std::string& name = "kubectl",
                                        const std::string& subcommand = "delete ns x",
                                        const std::string& user = "alice") {
  const std::string line = name + " " + subcommand;
  return std::make_shared<const util::Json>(util::Json{{"command",
                                                        {{"argv", {name, subcommand}},
                                                         {"line", line},
                                                         {"name", name},
                                                         {"path", "/usr/bin/" + name},
                                                         {"subcommand", subcommand},
                                                         {"options", util::Json::object()},
                                                         {"cwd", "/"}}},
                                                       {"user", {{"name", user}, {"uid", 1000}}}});
}

// A service with its store, and a clock to turn.
struct World {
  test::Scratch scratch;
  store::sample::HandClock clock;
  policy::Set set = policies();
  std::unique_ptr<store::Store> store =
      store::open_sqlite(scratch / "store", store::Access::read_write, clock);
  Service service{*store, set, policy::Effect::ask};

  View ask(const Actor& by = kAlice) { return std::get<View>(service.ask(by, {facts(), "why", "", {}})); }
  View asked_and_approved() {
    const View view = ask();
    return std::get<View>(service.review(kBob, view.request.id, ReviewVerdict::approve, "fine"));
  }
  std::vector<std::string> types() {
    std::vector<std::string> names;
    for (const auto& entry : store::sample::trail(*store)) names.push_back((*entry.entry)["type"]);
    return names;
  }
};

template <typename Result>
Refusal::Kind refused(const Result& result) {
  REQUIRE(std::holds_alternative<Refusal>(result));
  CHECK_FALSE(std::get<Refusal>(result).text.empty());
  return std::get<Refusal>(result).kind;
}

}  // namespace

TEST_CASE("asked, approved, claimed, reported: the whole story, and its trail") {
  World world;
  const View asked = world.ask();
  CHECK(asked.request.state == State::pending);
  CHECK(asked.request.rules == std::vector<std::string>{"deletes"});
  CHECK(asked.eligible == std::vector<std::string>{"bob", "carol"});
  CHECK((*asked.request.context)["labels"]["environment"] == "production");
  const RequestId id = asked.request.id;

  const auto approved = std::get<View>(world.service.review(kBob, id, ReviewVerdict::approve, "fine"));
  CHECK(approved.request.state == State::approved);

  const auto claimed = std::get<Claimed>(world.service.claim(kAlice, id, facts()));
  CHECK(claimed.permit);
  CHECK(claimed.view.request.state == State::started);

  const auto reported =
      std::get<View>(world.service.report(kAlice, id, {{"status", 0}, {"duration_ms", 12}}));
  CHECK(reported.request.state == State::finished);
  CHECK(world.types() == std::vector<std::string>{"ask", "approve", "claim", "report"});
  CHECK_FALSE(store::verify(*world.store, {}).problem);
}

TEST_CASE("a recording is added to piece by piece, and reported with its hash") {
  World world;
  const RequestId id = world.asked_and_approved().request.id;
  const auto add = [&](std::size_t start, const std::string& bytes, const Actor& by = kAlice, int use = 1) {
    return world.service.append_recording(by, id, {use, start, bytes}, 100);
  };
  const std::string header = "{\"version\": 2}\n";
  const std::string event = "[0.5, \"o\", \"x\"]\n";
  const std::size_t size = header.size() + event.size();
  CHECK(refused(add(0, header)) == Refusal::Kind::not_approved);
  CHECK(std::get<Claimed>(world.service.claim(kAlice, id, facts())).permit);
  CHECK(std::get<std::size_t>(add(0, header)) == header.size());
  CHECK(std::get<std::size_t>(add(header.size(), event)) == size);
  CHECK(std::get<std::size_t>(add(0, header)) == size);  // its answer was lost
  CHECK(std::get<std::size_t>(add(header.size(), event)) == size);
  CHECK_THROWS_AS(add(header.size(), "[0.5, \"o\", \"y\"]\n"), util::UsageError);
  CHECK_THROWS_AS(add(header.size(), event + event), util::UsageError);
  CHECK_THROWS_AS(add(size + 1, event), util::UsageError);
  CHECK_THROWS_AS(add(size, event + event + event + event + event), util::UsageError);
  CHECK(refused(add(size, event, kBob)) == Refusal::Kind::not_requester);
  CHECK(refused(add(size, event, kRoot)) == Refusal::Kind::not_requester);
  CHECK(refused(add(0, header, kAlice, 2)) == Refusal::Kind::not_approved);
  CHECK(std::holds_alternative<NoSuchRequest>(
      world.service.append_recording(kAlice, RequestId::random(), {1, 0, header}, 100)));

  const util::Json claims = {{"complete", true}, {"size", 999}, {"sha256", "mine"}};
  const auto reported =
      std::get<View>(world.service.report(kAlice, id, {{"status", 0}, {"recording", claims}}));
  const util::Json expected = {{"complete", true}, {"size", size}, {"sha256", util::sha256(header + event)}};
  CHECK((*reported.request.outcome)["recording"] == expected);
  CHECK(refused(add(size, event)) == Refusal::Kind::already_decided);
  CHECK_FALSE(store::verify(*world.store, {}).problem);

  // Something that was never claimed by anybody.
  world.store->write(
      [&](store::Transaction& transaction) { transaction.append_recording(id, 1, size, "x"); });
  CHECK(store::verify(*world.store, {}).problem.value_or("").find("is not the one that was reported") !=
        std::string::npos);
}

TEST_CASE("an outcome is not two endings, and in the types that there are") {
  World world;
  const RequestId id = world.asked_and_approved().request.id;
  CHECK(std::get<Claimed>(world.service.claim(kAlice, id, facts())).permit);
  for (const char* outcome :
       {R"({"status": 0, "signal": "KILL"})", R"({"status": {"a": 1}})", R"({"status": "0"})",
        R"({"status": 256})", R"({"status": -1})", R"({"signal": 9})", R"({"signal": ""})",
        R"({"signal": "kill me"})", R"({"error": 1})", R"({"signal": "TERM", "error": "x"})",
        R"({"status": 0, "duration_ms": -1})", R"({"status": 0, "duration_ms": "1"})",
        R"({"status": 0, "started_at": "today"})", R"({"status": 0, "recording": true})"}) {
    INFO(outcome);
    CHECK_THROWS_AS(world.service.report(kAlice, id, util::parse_json(outcome, "it")), util::UsageError);
  }
  CHECK(std::holds_alternative<View>(world.service.report(
      kAlice, id, {{"status", 126}, {"error", "no such file"}, {"started_at", "2026-11-22T10:14:00.000Z"}})));
}

TEST_CASE("what is allowed or denied is not asked, and leaves no trace") {
  World world;
  const auto allowed = world.service.ask(kAlice, {facts("kubectl", "get pods"), "", "", {}});
  CHECK(std::get<NotAsked>(allowed).verdict.effect == policy::Effect::allow);
  const auto denied = world.service.ask(kAlice, {facts("rm", "-rf x"), "", "", {}});
  CHECK(std::get<NotAsked>(denied).verdict.effect == policy::Effect::deny);
  CHECK(std::get<NotAsked>(denied).verdict.message == "not here");
  CHECK(world.types().empty());
}

TEST_CASE("a reason and a ticket are given before anybody is asked") {
  World world;
  const auto problem = [&](const std::string& reason, const std::string& ticket) {
    const auto result = world.service.ask(kAlice, {facts("ticketed", "x"), reason, ticket, {}});
    return std::holds_alternative<NotAsked>(result) ? std::get<NotAsked>(result).problem : "asked";
  };
  CHECK(problem("", "OPS-1") == "rule tickets requires a reason: --reason TEXT");
  CHECK(problem("", "") ==
        "rule tickets requires a reason: --reason TEXT; and a ticket that matches OPS-[0-9]+: --ticket ID");
  CHECK(problem(" \t\n", "OPS-1") == "rule tickets requires a reason: --reason TEXT");
  CHECK(problem("why", "") == "rule tickets requires a ticket that matches OPS-[0-9]+: --ticket ID");
  CHECK(problem("why", "OPS-").find("OPS- does not") != std::string::npos);
  CHECK(problem("why", "xOPS-1").find("does not") != std::string::npos);
  CHECK(problem("why", "OPS-1\n").find("does not") != std::string::npos);
  CHECK(world.types().empty());
  CHECK(problem("why", "OPS-1") == "asked");
}

TEST_CASE("who asks is who was authenticated, whatever the context says") {
  World world;
  const auto view =
      std::get<View>(world.service.ask(kAlice, {facts("kubectl", "delete ns x", "root"), "", "", {}}));
  CHECK((*view.request.context)["user"]["name"] == "alice");
  CHECK(view.request.requester == "alice");
}

TEST_CASE("the claim is judged by the action and the policy as they are then") {
  World world;
  const RequestId id = world.asked_and_approved().request.id;

  SECTION("another command") {
    const auto claimed = std::get<Claimed>(world.service.claim(kAlice, id, facts("kubectl", "delete ns y")));
    CHECK_FALSE(claimed.permit);
    CHECK(claimed.view.request.state == State::changed);
    CHECK_FALSE(claimed.differences.empty());
    CHECK(world.types().back() == "changed");
  }
  SECTION("the policy denies it now") {
    const auto stricter = policies("version: 1\nrules: [{name: stop, match: {}, effect: deny}]\n");
    Service now(*world.store, stricter, policy::Effect::ask);
    CHECK_FALSE(std::get<Claimed>(now.claim(kAlice, id, facts())).permit);
  }
  SECTION("the approver has left") {
    std::string text = kPolicy;
    text.replace(text.find(" bob,"), 5, "");
    const auto without_bob = policies(text);
    Service now(*world.store, without_bob, policy::Effect::ask);
    CHECK_FALSE(std::get<Claimed>(now.claim(kAlice, id, facts())).permit);
  }
  SECTION("more are needed now") {
    std::string text = kPolicy;
    text.replace(text.find("sre: 1"), 6, "sre: 2");
    const auto two = policies(text);
    Service now(*world.store, two, policy::Effect::ask);
    CHECK_FALSE(std::get<Claimed>(now.claim(kAlice, id, facts())).permit);
  }
  SECTION("a ticket is needed now") {
    std::string text = kPolicy;
    text.replace(text.find("    approval: {from"), 0, "    requires: {ticket: \"OPS-[0-9]+\"}\n");
    const auto ticketed = policies(text);
    Service now(*world.store, ticketed, policy::Effect::ask);
    const auto claimed = std::get<Claimed>(now.claim(kAlice, id, facts()));
    CHECK_FALSE(claimed.permit);
    CHECK(claimed.differences.size() == 1);
  }
  SECTION("somebody else") {
    CHECK(refused(world.service.claim(kBob, id, facts())) == Refusal::Kind::not_requester);
    CHECK(world.service.get(id)->request.state == State::approved);
  }
  SECTION("the same again") {
    CHECK(std::get<Claimed>(world.service.claim(kAlice, id, facts())).permit);
    CHECK(refused(world.service.claim(kAlice, id, facts())) == Refusal::Kind::already_decided);
  }
}

TEST_CASE("what is asked anew shows what has changed, as the store knows it") {
  World world;
  const RequestId id = world.asked_and_approved().request.id;
  const auto again = [&](const Actor& by, const RequestId& earlier) {
    return world.service.ask(by, {facts("kubectl", "delete ns y"), "why", "", {}, earlier});
  };
  CHECK_THROWS_AS(again(kAlice, id), util::UsageError);  // it is approved, and good
  (void)world.service.claim(kAlice, id, facts("kubectl", "delete ns y"));
  CHECK_THROWS_AS(again(kBob, id), util::UsageError);
  CHECK_THROWS_AS(again(kAlice, RequestId::random()), util::UsageError);

  const auto asked = std::get<View>(again(kAlice, id));
  const auto stored = world.service.get(asked.request.id);
  REQUIRE(stored->request.earlier);
  CHECK(stored->request.earlier->id == id);
  CHECK(stored->request.earlier->differences ==
        context::differences(*facts(), *facts("kubectl", "delete ns y")));
  CHECK_FALSE(stored->request.earlier->differences.empty());
  CHECK(stored->request.state == State::pending);  // the earlier approval is none for this one
}

TEST_CASE("deadlines hold when read, and are written down once") {
  World world;
  const RequestId pending = world.ask().request.id;
  const RequestId approved = world.asked_and_approved().request.id;
  world.clock.pass(5min);
  CHECK(world.service.get(approved)->request.state == State::lapsed);
  CHECK(world.service.get(approved)->request.state == State::lapsed);
  CHECK(world.service.get(pending)->request.state == State::pending);
  world.clock.pass(10min);
  CHECK(refused(world.service.review(kBob, pending, ReviewVerdict::approve, "")) == Refusal::Kind::expired);
  CHECK(refused(world.service.claim(kAlice, approved, facts())) == Refusal::Kind::expired);
  CHECK(world.types() == std::vector<std::string>{"ask", "ask", "approve", "lapse", "expire"});
  CHECK_FALSE(store::verify(*world.store, {}).problem);
}

TEST_CASE("a clock that is set back brings nothing back") {
  World world;
  const RequestId id = world.ask().request.id;
  world.clock.moment.wall -= 24h;
  world.clock.moment.since_boot += 15min;
  CHECK(world.service.get(id)->request.state == State::expired);
}

TEST_CASE("lists show what time has made of requests") {
  World world;
  const RequestId id = world.ask().request.id;
  world.clock.pass(1h);
  const RequestId fresh = world.ask(kBob).request.id;
  const auto states = [&](const store::Filter& filter) {
    std::vector<std::string> found;
    for (const View& view : world.service.list(filter)) {
      found.push_back(view.request.id.brief() + " " + approval::to_text(view.request.state));
    }
    return found;
  };
  const std::string expired = id.brief() + " expired";
  const std::string waiting = fresh.brief() + " pending";
  CHECK(states({.states = {State::pending}}) == std::vector<std::string>{waiting});
  CHECK(states({.states = {State::expired}}) == std::vector<std::string>{expired});
  CHECK(states({}) == std::vector<std::string>{expired, waiting});
  world.clock.pass(1h);
  CHECK(states({.states = {State::expired}}).size() == 2);
}

TEST_CASE("everybody sees what waits for them, until they have reviewed it") {
  World world;
  const View view = world.ask();
  CHECK(Service::can_review(view, kBob));
  CHECK_FALSE(Service::can_review(view, kAlice));
  CHECK_FALSE(Service::can_review(view, {"Alice", "", false}));
  CHECK_FALSE(Service::can_review(view, {"bob", "alice", false}));
  CHECK_FALSE(Service::can_review(view, {"mallory", "", false}));
  CHECK_FALSE(Service::can_review(view, kRoot));
  const auto after = std::get<View>(world.service.review(kBob, view.request.id, ReviewVerdict::approve, ""));
  CHECK_FALSE(Service::can_review(after, kCarol));
}

TEST_CASE("revoke and withdraw, by whom they may be") {
  World world;
  const RequestId id = world.asked_and_approved().request.id;
  CHECK(refused(world.service.withdraw(kBob, id)) == Refusal::Kind::not_requester);
  CHECK(refused(world.service.revoke({"mallory", "", false}, id, "")) == Refusal::Kind::not_eligible);
  CHECK(std::get<View>(world.service.revoke(kCarol, id, "wait")).request.state == State::revoked);
  CHECK(refused(world.service.withdraw(kAlice, id)) == Refusal::Kind::already_decided);
  const RequestId other = world.ask().request.id;
  CHECK(std::get<View>(world.service.withdraw(kRoot, other)).request.state == State::withdrawn);
}

TEST_CASE("what there is not is no such request") {
  World world;
  const RequestId unknown = RequestId::random();
  CHECK_FALSE(world.service.get(unknown));
  CHECK(std::holds_alternative<NoSuchRequest>(world.service.review(kBob, unknown, ReviewVerdict::deny, "")));
  CHECK(std::holds_alternative<NoSuchRequest>(world.service.claim(kAlice, unknown, facts())));
  CHECK(std::holds_alternative<NoSuchRequest>(world.service.withdraw(kAlice, unknown)));
  for (const std::string& bad :
       {std::string("abc"), std::string("../../x"), std::string("%%%%"), std::string("____"),
        std::string("a' OR '1'='1"), std::string("abcd\0", 5), std::string(100, 'a')}) {
    CHECK(std::holds_alternative<NoSuchRequest>(world.service.find(bad)));
  }
}

TEST_CASE("a shortened id means the one request that it fits, or names those that it could") {
  World world;
  const RequestId id = world.ask().request.id;
  CHECK(std::get<RequestId>(world.service.find(id.brief())) == id);
  CHECK(std::get<RequestId>(world.service.find(id.text())) == id);
  // Two with the same beginning.
  const auto make = [&](const std::string& text) {
    const auto other = *RequestId::parse(text);
    world.store->write([&](store::Transaction& transaction) {
      approval::Request request = approval::sample::pending();
      request.id = other;
      transaction.insert(request);
    });
  };
  make("zzzz" + std::string(22, 'a'));
  make("zzzzz" + std::string(21, 'a'));
  CHECK(std::get<Ambiguous>(world.service.find("zzzz")).candidates.size() == 2);
  CHECK(std::holds_alternative<RequestId>(world.service.find("zzzzz")));
}

TEST_CASE("what is too long or holds NUL is refused, and nothing is stored") {
  World world;
  const std::string longer((16U << 10U) + 1, 'x');
  CHECK_THROWS_AS(world.service.ask(kAlice, {facts(), longer, "", {}}), util::UsageError);
  CHECK_THROWS_AS(world.service.ask(kAlice, {facts(), std::string("a\0b", 3), "", {}}), util::UsageError);
  CHECK_THROWS_AS(world.service.ask(kAlice, {facts("kubectl", std::string(5U << 20U, 'x')), "", "", {}}),
                  util::UsageError);
  CHECK_THROWS_AS(world.service.ask(kAlice, {facts("kubectl", std::string("a\0b", 3)), "", "", {}}),
                  util::UsageError);
  CHECK_THROWS_AS(world.service.ask(kAlice, {nullptr, "", "", {}}), util::UsageError);
  const RequestId id = world.ask().request.id;
  CHECK_THROWS_AS(world.service.review(kBob, id, ReviewVerdict::deny, longer), util::UsageError);
  CHECK_THROWS_AS(world.service.report(kAlice, id, {{"exit", 1.5}}), util::UsageError);
  CHECK(world.types() == std::vector<std::string>{"ask"});
}

TEST_CASE("a reason in bytes that are not UTF-8, or with newlines, is one record and verifies") {
  World world;
  const auto view = std::get<View>(world.service.ask(kAlice, {facts(), "caf\xe9\nline two\x1b[31m", "", {}}));
  CHECK(view.request.reason == "caf\\xe9\nline two\x1b[31m");
  CHECK(world.types().size() == 1);
  CHECK_FALSE(store::verify(*world.store, {}).problem);
}

TEST_CASE("a context that was edited in the store is neither shown nor approved") {
  World world;
  const RequestId id = RequestId::random();
  world.store->write([&](store::Transaction& transaction) {
    const approval::Asked asked{approval::sample::digest("something else"),
                                facts(),
                                approval::sample::ask_for({}),
                                kAlice,
                                "",
                                "",
                                {}};
    auto request = approval::make_request(asked, id, transaction.now()).request;
    request.context_digest.reset();  // as it is read from a store that somebody edited
    transaction.insert(request);
  });
  CHECK_THROWS_WITH(world.service.review(kBob, id, ReviewVerdict::approve, ""), Catch::Contains("digest"));
  CHECK_THROWS_WITH(world.service.get(id), Catch::Contains("digest"));
  CHECK(world.types().empty());
}

TEST_CASE("an allowed command is recorded when that is wanted") {
  World world;
  policy::Verdict verdict;
  verdict.effect = policy::Effect::allow;
  verdict.rules = {"reads"};
  world.service.record_allowed(kAlice, *facts("kubectl", "get pods"), verdict);
  const auto entries = store::sample::trail(*world.store);
  REQUIRE(entries.size() == 1);
  CHECK((*entries[0].entry)["type"] == "allowed");
  CHECK((*entries[0].entry)["data"]["line"] == "kubectl get pods");
  CHECK_FALSE(store::verify(*world.store, {}).problem);
}

TEST_CASE("of 64 processes that claim one approval at once, one gets a permit") {
  const test::Scratch scratch;
  const auto set = policies();
  std::optional<RequestId> id;
  {
    const auto store = store::open_sqlite(scratch / "store");
    Service service(*store, set, policy::Effect::ask);
    id = std::get<View>(service.ask(kAlice, {facts(), "", "", {}})).request.id;
    REQUIRE(std::holds_alternative<View>(service.review(kBob, *id, ReviewVerdict::approve, "")));
  }
  const auto codes = test::in_parallel(64, [&](int) {
    const auto store = store::open_sqlite(scratch / "store");
    Service service(*store, set, policy::Effect::ask);
    const auto result = service.claim(kAlice, *id, facts());
    const auto* claimed = std::get_if<Claimed>(&result);
    return claimed != nullptr && claimed->permit ? 0 : 1;
  });
  CHECK(std::count(codes.begin(), codes.end(), 0) == 1);
  CHECK(std::count(codes.begin(), codes.end(), 1) == 63);
}
