#include "approval/claim.hpp"

#include <catch2/catch.hpp>

#include "approval/permit.hpp"
#include "approval/sample.hpp"

using namespace jit;
using namespace jit::approval;
using namespace jit::approval::sample;
using namespace std::chrono_literals;

namespace {

Transition claimed(const Request& request, const Claim& event, const policy::Roster& people = roster()) {
  return std::get<Transition>(apply(request, event, people, after(2s)));
}

bool is_granted(const Request& request, const Claim& event, const policy::Roster& people = roster()) {
  const Transition transition = claimed(request, event, people);
  const bool permitted = Permit::from_claim(transition, request.id, request.digest).has_value();
  CHECK(permitted == (transition.type == "claim"));
  if (!permitted) {
    CHECK(transition.request.state == State::changed);
    CHECK_FALSE((*transition.data)["differences"].empty());
  }
  return permitted;
}

}  // namespace

TEST_CASE("an approval is good for its uses, and no more") {
  policy::Requirement requirement = two_of_sre();
  requirement.uses = 2;
  const Request request = approved(requirement);
  const Transition first = claimed(request, claim(request));
  CHECK(first.request.state == State::approved);
  CHECK(first.request.uses_left == 1);
  CHECK(Permit::from_claim(first, request.id, request.digest));
  const Transition second = claimed(first.request, claim(first.request));
  CHECK(second.request.state == State::started);
  CHECK(Permit::from_claim(second, request.id, request.digest));
  CHECK(std::holds_alternative<Refusal>(apply(second.request, claim(second.request), roster(), after(3s))));
}

TEST_CASE("only the requester claims") {
  const Request request = approved();
  Claim stolen = claim(request);
  stolen.by = person("bob");
  CHECK(std::get<Refusal>(apply(request, stolen, roster(), after(2s))).kind == Refusal::Kind::not_requester);
  stolen.by = {"root", "alice", true};
  CHECK(std::get<Refusal>(apply(request, stolen, roster(), after(2s))).kind == Refusal::Kind::not_requester);
}

TEST_CASE("what is not what was approved gets no permit") {
  const Request request = approved();
  CHECK(is_granted(request, claim(request)));

  Claim other = claim(request);
  other.digest = digest("another action");
  CHECK_FALSE(is_granted(request, other));
  other.digest = util::Digest();
  CHECK_FALSE(is_granted(request, other));

  Claim with_words = claim(request);
  with_words.differences = {"a ticket is required now"};
  CHECK_FALSE(is_granted(request, with_words));
}

TEST_CASE("the reviews must satisfy the requirement as it is now") {
  const Request request = approved();

  Claim denied = claim(request);
  denied.verdict.effect = policy::Effect::deny;
  CHECK_FALSE(is_granted(request, denied));

  Claim allowed = claim(request);
  allowed.verdict.effect = policy::Effect::allow;
  CHECK(is_granted(request, allowed));

  policy::Requirement tighter = two_of_sre();
  tighter.from = {{{"sre", 2}, {"dba", 1}}};
  CHECK_FALSE(is_granted(request, claim(request, tighter)));

  policy::Requirement other_group = two_of_sre();
  other_group.from = {{{"dba", 1}}};
  CHECK(is_granted(request, claim(request, other_group)));  // bob is one of them

  policy::Requirement shorter = two_of_sre();
  shorter.valid_for = 1s;
  CHECK_FALSE(is_granted(request, claim(request, shorter)));

  policy::Requirement none_left = two_of_sre();
  none_left.uses = 0;
  CHECK_FALSE(is_granted(request, claim(request, none_left)));
}

TEST_CASE("an approver who left the group no longer counts") {
  const Request request = approved();
  policy::Roster left = roster();
  left["sre"].erase("bob");
  CHECK_FALSE(is_granted(request, claim(request), left));
  CHECK_FALSE(is_granted(request, claim(request), {}));
}

TEST_CASE("the requester's own approval stops counting when self is taken back") {
  policy::Requirement lenient = one_of_anyone();
  lenient.self = true;
  Request request = pending(lenient);
  request = std::get<Transition>(apply(request, Approve{person("alice"), ""}, roster(), after(1s))).request;
  CHECK(is_granted(request, claim(request)));
  CHECK_FALSE(is_granted(request, claim(request, one_of_anyone())));
}

TEST_CASE("a denial that was one too few counts when the threshold falls") {
  policy::Requirement lenient = two_of_sre();
  lenient.from = {{{"sre", 1}}};
  lenient.deny_threshold = 2;
  Request request = pending(lenient);
  request = std::get<Transition>(apply(request, Deny{person("bob"), ""}, roster(), after(1s))).request;
  request = std::get<Transition>(apply(request, Approve{person("carol"), ""}, roster(), after(1s))).request;
  CHECK(is_granted(request, claim(request)));
  policy::Requirement strict = lenient;
  strict.deny_threshold = 1;
  CHECK_FALSE(is_granted(request, claim(request, strict)));
}

TEST_CASE("a permit is for one request and one action, and comes of a claim only") {
  const Request request = approved();
  const Transition granted = claimed(request, claim(request));
  CHECK(Permit::from_claim(granted, request.id, request.digest));
  CHECK_FALSE(Permit::from_claim(granted, RequestId::random(), request.digest));
  CHECK_FALSE(Permit::from_claim(granted, request.id, digest("another action")));
  CHECK_FALSE(Permit::from_claim(granted, request.id, util::Digest()));
  Transition approval = granted;
  approval.type = "approve";
  CHECK_FALSE(Permit::from_claim(approval, request.id, request.digest));
  Transition spent = granted;
  spent.request.state = State::approved;
  spent.request.uses_left = 0;
  CHECK_FALSE(Permit::from_claim(spent, request.id, request.digest));
  for (const State state : {State::pending, State::denied, State::changed, State::finished}) {
    Transition other = granted;
    other.request.state = state;
    CHECK_FALSE(Permit::from_claim(other, request.id, request.digest));
  }
}

TEST_CASE("a verdict permits only when it is exactly allow") {
  policy::Verdict verdict;
  CHECK_FALSE(Permit::from_verdict(verdict));
  verdict.effect = policy::Effect::ask;
  CHECK_FALSE(Permit::from_verdict(verdict));
  verdict.effect = policy::Effect::allow;
  CHECK(Permit::from_verdict(verdict));
}

TEST_CASE("an approval of a rule serves what the same rule asks about, and nothing else") {
  auto requirement = one_of_anyone();
  requirement.any_of_rule = true;
  Request request = approved(requirement);
  request.rules = {"maintenance"};
  Claim other = claim(request, requirement);
  other.digest = digest("another action");
  other.verdict.rules = {"maintenance"};
  const auto problems = [&](const Claim& event) { return what_differs(request, event, roster(), after(2s)); };
  CHECK(problems(other).empty());
  const auto granted = std::get<Transition>(apply(request, other, roster(), after(2s)));
  CHECK(granted.type == "claim");
  CHECK(Permit::from_claim(granted, request.id, other.digest));
  CHECK_FALSE(Permit::from_claim(granted, request.id, request.digest));  // it was not this that was claimed

  Claim elsewhere = other;
  elsewhere.verdict.rules = {"maintenance", "more"};
  CHECK_FALSE(problems(elsewhere).empty());
  elsewhere = other;
  elsewhere.verdict.requirement.any_of_rule = false;  // tightened since
  CHECK_FALSE(problems(elsewhere).empty());
  request.requirement.any_of_rule = false;
  CHECK_FALSE(problems(other).empty());
}
