#include "approval/life_cycle.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "approval/document.hpp"
#include "approval/permit.hpp"
#include "approval/quorum.hpp"
#include "approval/sample.hpp"

using namespace jit;
using namespace jit::approval;
using namespace jit::approval::sample;
using namespace std::chrono_literals;

namespace {

constexpr std::array kStates{State::pending,   State::approved, State::denied, State::expired,
                             State::withdrawn, State::revoked,  State::lapsed, State::changed,
                             State::started,   State::finished};

// A request of one approval by anyone in every state, reached as a real one would be.
Request in_state(State state) {
  const auto step = [](const Request& request, const Event& event, util::Time now = after(2s)) {
    return std::get<Transition>(apply(request, event, roster(), now)).request;
  };
  const Request asked = pending(one_of_anyone());
  const Request yes = approved(one_of_anyone());
  switch (state) {
    case State::pending:
      return asked;
    case State::approved:
      return yes;
    case State::denied:
      return step(asked, Deny{person("bob"), "no"});
    case State::expired:
      return step(asked, Deadline{}, after(2h));
    case State::withdrawn:
      return step(asked, Withdraw{person("alice")});
    case State::revoked:
      return step(yes, Revoke{person("bob"), "no"});
    case State::lapsed:
      return step(yes, Deadline{}, after(2h));
    case State::changed: {
      Claim other = claim(yes);
      other.digest = digest("another action");
      return step(yes, other);
    }
    case State::started:
      return step(yes, claim(yes));
    case State::finished:
      return step(step(yes, claim(yes)),
                  Report{person("alice"), std::make_shared<util::Json>(util::Json{{"exit", 0}})});
  }
  FAIL("unknown state");
  return asked;
}

Event event_named(const std::string& name, const Request& request) {
  if (name == "approve") return Approve{person("dora"), "fine"};
  if (name == "deny") return Deny{person("dora"), "no"};
  if (name == "withdraw") return Withdraw{person("alice")};
  if (name == "revoke") return Revoke{person("dora"), "no"};
  if (name == "claim") return claim(request);
  if (name == "report") return Report{person("alice"), std::make_shared<util::Json>(util::Json{{"exit", 0}})};
  return Deadline{};
}

std::string outcome_of(const Request& request, const std::string& event, util::Time now) {
  const auto result = apply(request, event_named(event, request), roster(), now);
  if (const auto* transition = std::get_if<Transition>(&result)) {
    CHECK((*transition->data)["state"] == to_text(transition->request.state));
    return transition->type + " " + to_text(transition->request.state);
  }
  return "refused";
}

}  // namespace

TEST_CASE("every event in every state goes where the table says, and nowhere else") {
  // State × event; what is not named is refused.
  const std::map<State, std::map<std::string, std::string>> table{
      {State::pending,
       {{"approve", "approve approved"}, {"deny", "deny denied"}, {"withdraw", "withdraw withdrawn"}}},
      {State::approved,
       {{"withdraw", "withdraw withdrawn"}, {"revoke", "revoke revoked"}, {"claim", "claim started"}}},
      {State::started, {{"report", "report finished"}}}};
  for (const State state : kStates) {
    const Request request = in_state(state);
    REQUIRE(to_text(request.state) == to_text(state));
    const auto before = to_stored_json(request);
    for (const std::string event : {"approve", "deny", "withdraw", "revoke", "claim", "report", "deadline"}) {
      INFO(to_text(state) << " + " << event);
      const auto row = table.find(state);
      const bool named = row != table.end() && row->second.contains(event);
      CHECK(outcome_of(request, event, after(3s)) == (named ? row->second.at(event) : "refused"));
      CHECK(to_stored_json(request) == before);
    }
  }
}

TEST_CASE("when its deadline has passed, only the deadline happens to a request") {
  for (const auto& [state, expected] :
       std::map<State, std::string>{{State::pending, "expire expired"}, {State::approved, "lapse lapsed"}}) {
    const Request request = in_state(state);
    for (const std::string event : {"approve", "deny", "withdraw", "revoke", "claim", "report"}) {
      INFO(to_text(state) << " + " << event);
      CHECK(outcome_of(request, event, after(2h)) == "refused");
    }
    CHECK(outcome_of(request, "deadline", after(2h)) == expected);
  }
}

TEST_CASE("a deadline has passed at its very millisecond, and not before") {
  const Request request = pending();
  CHECK(request.expires_at == after(15min));
  CHECK_FALSE(settle(request, after(15min - 1ms)));
  CHECK(settle(request, after(15min))->request.state == State::expired);
  const Request yes = approved();
  CHECK(*yes.valid_until == after(1s + 5min));
  CHECK_FALSE(settle(yes, after(1s + 5min - 1ms)));
  CHECK(settle(yes, after(1s + 5min))->request.state == State::lapsed);
  CHECK(settle(yes, after(1s + 5min))->actor == "jit-run");
  CHECK_FALSE(settle(in_state(State::started), after(48h)));
}

TEST_CASE("waiting less than allowed is the requester's choice, more is not") {
  const auto expires = [](std::optional<util::Millis> wait) {
    const Asked asked{digest(), context(), ask_for(two_of_sre()), person("alice"), "", "", wait};
    return make_request(asked, RequestId::random(), kStart).request.expires_at;
  };
  CHECK(expires(1min) == after(1min));
  CHECK(expires(10h) == after(15min));
  CHECK(expires({}) == after(15min));
}

TEST_CASE("a request begins pending, with an entry that says all of it") {
  policy::Requirement requirement = two_of_sre();
  requirement.uses = 3;
  const Asked asked{
      digest(), context("rm -rf x"), ask_for(requirement), person("alice", "al"), "why", "OPS-1", {}};
  const Transition made = make_request(asked, RequestId::random(), kStart);
  CHECK(made.type == "ask");
  CHECK(made.actor == "alice");
  CHECK(made.request.state == State::pending);
  CHECK(made.request.uses_left == 3);
  CHECK(made.request.requester_login == "al");
  const auto& data = *made.data;
  CHECK(data["line"] == "rm -rf x");
  CHECK(data["digest"] == digest().text());
  CHECK(data["reason"] == "why");
  CHECK(data["expires_at"] == util::to_rfc3339(after(15min)));
  CHECK(data["requirement"]["uses"] == 3);
}

TEST_CASE("a request is never made for a verdict that does not ask") {
  policy::Verdict verdict = ask_for(two_of_sre());
  verdict.effect = policy::Effect::allow;
  const Asked asked{digest(), context(), verdict, person("alice"), "", "", {}};
  CHECK_THROWS(make_request(asked, RequestId::random(), kStart));
}

TEST_CASE("approvals add up to the quorum, each person once") {
  const Request request = pending();
  const auto first = std::get<Transition>(apply(request, Approve{person("bob"), "ok"}, roster(), after(1s)));
  CHECK(first.request.state == State::pending);
  CHECK_FALSE(first.request.valid_until);

  const auto again = apply(first.request, Approve{person("bob"), "ok"}, roster(), after(2s));
  CHECK(std::get<Refusal>(again).kind == Refusal::Kind::already_reviewed);
  // The same person through another account, or spelled otherwise.
  CHECK(std::holds_alternative<Refusal>(
      apply(first.request, Approve{person("carol", "bob"), ""}, roster(), after(2s))));
  policy::Roster shouting = roster();
  shouting["sre"].insert("BOB");
  CHECK(
      std::holds_alternative<Refusal>(apply(first.request, Approve{person("BOB"), ""}, shouting, after(2s))));

  const auto second =
      std::get<Transition>(apply(first.request, Approve{person("carol"), ""}, roster(), after(2s)));
  CHECK(second.request.state == State::approved);
  CHECK(*second.request.valid_until == after(2s + 5min));
}

TEST_CASE("nobody reviews their own request, whatever they are called") {
  Request request = pending(one_of_anyone());
  request.requester_login = "al";
  const auto kind = [&](const Actor& by) {
    return std::get<Refusal>(apply(request, Approve{by, ""}, roster(), after(1s))).kind;
  };
  CHECK(kind(person("alice")) == Refusal::Kind::own_request);
  CHECK(kind(person("Alice")) == Refusal::Kind::own_request);
  CHECK(kind(person("root", "alice")) == Refusal::Kind::own_request);
  CHECK(kind(person("al")) == Refusal::Kind::own_request);
  CHECK(kind(person("bob", "al")) == Refusal::Kind::own_request);
  CHECK(std::get<Refusal>(apply(request, Deny{person("alice"), ""}, roster(), after(1s))).kind ==
        Refusal::Kind::own_request);
  CHECK(std::holds_alternative<Transition>(
      apply(request, Approve{person("bob", "bo"), ""}, roster(), after(1s))));
}

TEST_CASE("with self, the requester's own approval counts") {
  policy::Requirement requirement = one_of_anyone();
  requirement.self = true;
  const auto result = apply(pending(requirement), Approve{person("alice"), ""}, roster(), after(1s));
  CHECK(std::get<Transition>(result).request.state == State::approved);
}

TEST_CASE("who is in none of the groups decides nothing") {
  for (const Event& event : {Event{Approve{person("mallory"), ""}}, Event{Deny{person("mallory"), ""}}}) {
    CHECK(std::get<Refusal>(apply(pending(), event, roster(), after(1s))).kind ==
          Refusal::Kind::not_eligible);
  }
  CHECK(std::get<Refusal>(apply(approved(), Revoke{person("mallory"), ""}, roster(), after(2s))).kind ==
        Refusal::Kind::not_eligible);
}

TEST_CASE("who has approved takes it back, in no group by now") {
  const Request request = approved();
  const Actor approver = person(request.reviews.front().reviewer.c_str());
  const auto result = apply(request, Revoke{approver, "stop"}, policy::Roster{}, after(2s));
  CHECK(std::get<Transition>(result).request.state == State::revoked);
  CHECK(std::holds_alternative<Refusal>(
      apply(request, Revoke{person("dora"), ""}, policy::Roster{}, after(2s))));
}

TEST_CASE("an approval may be changed to a denial, a denial to nothing") {
  policy::Requirement requirement = two_of_sre();
  requirement.deny_threshold = 2;
  const auto step = [](const Request& request, const Event& event) {
    return apply(request, event, roster(), after(1s));
  };
  const Request yes = std::get<Transition>(step(pending(requirement), Approve{person("bob"), ""})).request;
  const Request no = std::get<Transition>(step(yes, Deny{person("bob"), "on second thoughts"})).request;
  CHECK(no.state == State::pending);
  REQUIRE(no.reviews.size() == 1);
  CHECK(no.reviews.front().verdict == ReviewVerdict::deny);
  CHECK(std::get<Refusal>(step(no, Approve{person("bob"), ""})).kind == Refusal::Kind::already_reviewed);
  CHECK(std::get<Refusal>(step(no, Deny{person("bob"), ""})).kind == Refusal::Kind::already_reviewed);
  CHECK(std::get<Transition>(step(no, Deny{person("carol"), ""})).request.state == State::denied);
}

TEST_CASE("only the requester or an operator withdraws") {
  const auto result = [](const Actor& by) { return apply(pending(), Withdraw{by}, roster(), after(1s)); };
  CHECK(std::get<Refusal>(result(person("bob"))).kind == Refusal::Kind::not_requester);
  CHECK(std::holds_alternative<Transition>(result(Actor{"root", "", true})));
}

TEST_CASE("only the requester reports, and only what was started") {
  const auto outcome = std::make_shared<util::Json>(util::Json{{"exit", 3}});
  const Request request = in_state(State::started);
  CHECK(std::get<Refusal>(apply(request, Report{person("bob"), outcome}, roster(), after(1h))).kind ==
        Refusal::Kind::not_requester);
  const auto reported =
      std::get<Transition>(apply(request, Report{person("alice"), outcome}, roster(), after(1h)));
  CHECK((*reported.request.outcome)["exit"] == 3);
  CHECK(std::get<Refusal>(apply(approved(), Report{person("alice"), outcome}, roster(), after(2s))).kind ==
        Refusal::Kind::not_approved);
}

TEST_CASE("each use is reported once, in any order, and the last one ends the request") {
  Request request = approved();
  request.state = State::started;
  request.requirement.uses = 3;
  request.uses_left = 0;
  const auto report = [&](const util::Json& outcome) {
    return apply(request, Report{person("alice"), std::make_shared<util::Json>(outcome)}, roster(),
                 after(1h));
  };
  const auto reported = [&](const util::Json& outcome) {
    auto transition = std::get<Transition>(report(outcome));
    request = transition.request;
    return (*transition.data)["use"].get<int>();
  };
  CHECK(uses_begun(request) == 3);
  CHECK(reported({{"use", 2}}) == 2);
  CHECK(request.state == State::started);
  CHECK(std::get<Refusal>(report({{"use", 2}})).kind == Refusal::Kind::already_decided);
  for (const util::Json& use : {util::Json(0), util::Json(4), util::Json("1"), util::Json(1.0)})
    CHECK(std::get<Refusal>(report({{"use", use}})).kind == Refusal::Kind::not_approved);
  CHECK_FALSE(why_not_recorded(request, person("alice"), 3));
  CHECK(why_not_recorded(request, person("alice"), 2)->kind == Refusal::Kind::already_decided);
  CHECK(why_not_recorded(request, person("alice"), 4)->kind == Refusal::Kind::not_approved);
  CHECK(why_not_recorded(request, person("bob"), 3)->kind == Refusal::Kind::not_requester);
  CHECK(reported(util::Json::object()) == 1);
  CHECK(request.state == State::started);
  CHECK(reported(util::Json::object()) == 3);
  CHECK(request.state == State::finished);
  CHECK(std::get<Refusal>(report({{"use", 3}})).kind == Refusal::Kind::already_decided);
}

TEST_CASE("a use that ran is reported even when the approval has ended since") {
  policy::Requirement requirement = one_of_anyone();
  requirement.uses = 2;
  const Request once =
      std::get<Transition>(apply(approved(requirement), claim(approved(requirement)), roster(), after(2s)))
          .request;
  CHECK(once.state == State::approved);
  const Request lapsed = settle(once, after(3h))->request;
  const auto outcome = std::make_shared<util::Json>(util::Json{{"exit", 0}});
  const auto reported =
      std::get<Transition>(apply(lapsed, Report{person("alice"), outcome}, roster(), after(3h)));
  CHECK(reported.request.state == State::lapsed);
  CHECK(reported.request.outcome);
}

TEST_CASE("where only signatures count, an approval comes with a valid one or not at all") {
  auto requirement = one_of_anyone();
  requirement.signatures = true;
  const Request request = pending(requirement);
  const auto approve = [&](const Approve& event) { return apply(request, event, roster(), after(1s)); };
  const Signature signature{"text", kStart, "here"};
  CHECK(std::get<Refusal>(approve({person("bob"), "fine"})).kind == Refusal::Kind::not_signed);
  const auto bad = approve({person("bob"), "fine", signature, false, "the key has ended"});
  CHECK(std::get<Refusal>(bad).kind == Refusal::Kind::bad_signature);
  CHECK_THAT(std::get<Refusal>(bad).text, Catch::Contains("the key has ended"));
  const auto good = std::get<Transition>(approve({person("bob"), "fine", signature, true}));
  CHECK(good.request.state == State::approved);
  CHECK(good.request.reviews.front().signature->text == "text");
  // What is stored of it does not say that it was verified: whoever reads it verifies it.
  const auto stored = request_from_stored_json(to_stored_json(good.request), nullptr);
  CHECK_FALSE(stored.reviews.front().verified);
}

TEST_CASE("break-glass starts what its rules permit to this person, and is reviewed once by each other") {
  auto requirement = one_of_anyone();
  requirement.break_glass = policy::BreakGlass{{{"sre"}}, 1h};
  Request request = pending(requirement);
  request.requester = "bob";
  request.requester_login = "";
  request.reason = "it burns";
  const auto groups = roster();
  REQUIRE(groups.at("sre").contains("bob"));
  const auto at = [&](const Request& before, const Event& event) {
    return apply(before, event, groups, after(1s));
  };
  const auto kind = [&](const Request& before, const Event& event) {
    return std::get<Refusal>(at(before, event)).kind;
  };
  const auto started = std::get<Transition>(at(request, Break{person("bob")}));
  CHECK(started.request.state == State::started);
  CHECK(started.request.review_by == after(1s) + 1h);
  CHECK(started.request.uses_left == 0);
  CHECK(awaits_review(started.request));
  CHECK(Permit::by_break_glass(started.request));
  CHECK_FALSE(Permit::by_break_glass(request));

  CHECK(kind(request, Break{person("dora")}) == Refusal::Kind::not_requester);
  CHECK(kind(started.request, Break{person("bob")}) == Refusal::Kind::already_decided);
  CHECK(kind(request, ReviewAfter{person("dora"), ReviewVerdict::acknowledge, ""}) ==
        Refusal::Kind::already_decided);
  Request other = request;
  other.requester = "dora";
  CHECK(kind(other, Break{person("dora")}) == Refusal::Kind::not_eligible);
  other = request;
  other.reason.clear();
  CHECK(kind(other, Break{person("bob")}) == Refusal::Kind::not_approved);
  other = request;
  other.requirement.break_glass.reset();
  CHECK(kind(other, Break{person("bob")}) == Refusal::Kind::not_eligible);
  other = request;
  other.requirement.break_glass->from.push_back({"nobody"});  // of both, where two rules ask
  CHECK(kind(other, Break{person("bob")}) == Refusal::Kind::not_eligible);

  CHECK(kind(started.request, ReviewAfter{person("bob"), ReviewVerdict::acknowledge, ""}) ==
        Refusal::Kind::own_request);
  const auto reviewed =
      std::get<Transition>(at(started.request, ReviewAfter{person("dora"), ReviewVerdict::dispute, "no"}))
          .request;
  CHECK_FALSE(awaits_review(reviewed));
  CHECK_FALSE(Permit::by_break_glass(reviewed));
  CHECK(kind(reviewed, ReviewAfter{person("dora"), ReviewVerdict::acknowledge, ""}) ==
        Refusal::Kind::already_reviewed);
  CHECK(std::holds_alternative<Transition>(
      at(reviewed, ReviewAfter{person("carol"), ReviewVerdict::acknowledge, ""})));
}
