#include "approval/quorum.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <random>

#include "approval/sample.hpp"

using namespace jit;
using namespace jit::approval;
using namespace jit::approval::sample;
using Seats = policy::Requirement::Seats;

namespace {

policy::Requirement from(std::vector<Seats> alternatives) {
  policy::Requirement requirement;
  requirement.from = std::move(alternatives);
  return requirement;
}

// How many seats people can fill at most, by trying every assignment.
int most_filled(const Seats& seats, std::vector<std::string> people, const policy::Roster& roster) {
  if (people.empty()) return 0;
  const std::string person = people.back();
  people.pop_back();
  int best = most_filled(seats, people, roster);
  for (const auto& [group, count] : seats) {
    const bool member =
        group == policy::kAnyone || (roster.contains(group) && roster.at(group).contains(person));
    if (count < 1 || !member) continue;
    Seats rest = seats;
    --rest[group];
    best = std::max(best, 1 + most_filled(rest, people, roster));
  }
  return best;
}

int sum(const Seats& seats) {
  int total = 0;
  for (const auto& [group, count] : seats) total += count;
  return total;
}

Request with_approvals(const std::vector<Review>& reviews) {
  Request request = pending(one_of_anyone());
  request.reviews = reviews;
  return request;
}

Review yes(const std::string& name, const std::string& login = "") {
  return {name, ReviewVerdict::approve, "", kStart, std::nullopt, login};
}

}  // namespace

TEST_CASE("one person fills one seat, however many groups they are in") {
  const auto requirement = from({{{"sre", 1}, {"dba", 1}}});
  CHECK_FALSE(is_met(requirement, {"bob"}, roster()));
  CHECK(is_met(requirement, {"bob", "carol"}, roster()));
  CHECK(is_met(requirement, {"bob", "dora"}, roster()));
  CHECK_FALSE(is_met(requirement, {"alice", "carol"}, roster()));
}

TEST_CASE("seats are filled so that most are: the order of people does not matter") {
  // bob first takes a seat of dba, and must give way to dora.
  const auto requirement = from({{{"dba", 1}, {"sre", 1}}});
  CHECK(is_met(requirement, {"bob", "dora"}, roster()));
  CHECK(missing_seats(requirement, {"dora"}, roster()) == std::vector<Seats>{{{"sre", 1}}});
}

TEST_CASE("any alternative is enough, a half of each is not") {
  const auto requirement = from({{{"sre", 2}}, {{"dba", 2}}});
  CHECK(is_met(requirement, {"alice", "carol"}, roster()));
  CHECK(is_met(requirement, {"bob", "dora"}, roster()));
  CHECK_FALSE(is_met(requirement, {"alice", "dora"}, roster()));
}

TEST_CASE("nobody meets nothing: requirements that cannot be are never met") {
  CHECK_FALSE(is_met(from({{}}), {"bob"}, roster()));
  CHECK_FALSE(is_met(from({{{"sre", 0}}}), {"bob"}, roster()));
  CHECK_FALSE(is_met(from({{{"sre", -1}}}), {"bob"}, roster()));
  CHECK_FALSE(is_met(from({{{"unknown", 1}}}), {"bob"}, roster()));
  CHECK_FALSE(is_met(from({}), {}, roster()));
  CHECK(is_met(from({}), {"mallory"}, roster()));  // one of anyone
}

TEST_CASE("the matching is as large as the largest that brute force finds") {
  std::mt19937 random(4711);  // NOLINT(cert-msc51-cpp): the same cases every time
  const auto pick = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  const std::vector<std::string> groups{"a", "b", "c", policy::kAnyone};
  for (int round = 0; round < 2000; ++round) {
    policy::Roster people_of;
    std::set<std::string> people;
    const int count = pick(6);
    for (int i = 0; i < count; ++i) people.insert(std::string(1, static_cast<char>('p' + i)));
    Seats seats;
    for (const auto& group : groups) {
      if (pick(3) == 0) continue;
      seats[group] = 1 + pick(3);
      for (const auto& person : people) {
        if (group != policy::kAnyone && pick(2) == 0) people_of[group].insert(person);
      }
    }
    if (seats.empty()) continue;
    const auto missing = missing_seats(from({seats}), people, people_of);
    REQUIRE(missing.size() == 1);
    const int filled = most_filled(seats, {people.begin(), people.end()}, people_of);
    REQUIRE(sum(missing.front()) == sum(seats) - filled);
    REQUIRE(is_met(from({seats}), people, people_of) == (filled == sum(seats)));
  }
}

TEST_CASE("more people never make it worse") {
  std::mt19937 random(99);  // NOLINT(cert-msc51-cpp)
  const std::vector<std::string> all{"alice", "bob", "carol", "dora"};
  const auto requirement = from({{{"sre", 2}, {"dba", 1}}, {{"sre", 1}, {"anyone", 2}}});
  for (int round = 0; round < 200; ++round) {
    std::set<std::string> some;
    for (const auto& name : all) {
      if (random() % 2 == 0) some.insert(name);
    }
    std::set<std::string> more = some;
    more.insert(all[random() % all.size()]);
    if (is_met(requirement, some, roster())) CHECK(is_met(requirement, more, roster()));
  }
}

TEST_CASE("approvals are counted by person") {
  const auto requirement = one_of_anyone();
  CHECK(approvers(with_approvals({yes("bob"), yes("carol")}), requirement) ==
        std::set<std::string>{"bob", "carol"});
  CHECK(approvers(with_approvals({yes("bob"), yes("BOB")}), requirement).size() == 1);
  CHECK(approvers(with_approvals({yes("bob"), yes("root", "bob")}), requirement).size() == 1);
  CHECK(approvers(with_approvals({yes("bob", "shared"), yes("carol", "shared")}), requirement).size() == 1);
  CHECK(approvers(with_approvals({yes("alice"), yes("root", "alice")}), requirement).empty());
  Request denied = with_approvals({yes("bob")});
  denied.reviews.front().verdict = ReviewVerdict::deny;
  CHECK(approvers(denied, requirement).empty());
}

TEST_CASE("a view says who is missing, and who can help") {
  Request request = pending();
  request.reviews = {yes("bob")};
  const View view = view_of(request, roster());
  CHECK(view.missing == std::vector<Seats>{{{"sre", 1}}});
  CHECK(view.eligible == std::vector<std::string>{"bob", "carol"});
  CHECK(view_of(pending(one_of_anyone()), roster()).eligible == std::vector<std::string>{"anyone"});
  CHECK(groups_of(from({{{"sre", 1}, {"anyone", 1}}, {{"dba", 1}}})) == std::set<std::string>{"dba", "sre"});
}

TEST_CASE("where only signatures count, an approval without a valid one fills no seat") {
  auto requirement = from({{{policy::kAnyone, 1}}});
  Review told = yes("bob");
  told.signature = Signature{"text", kStart, "here"};
  Review verified = told;
  verified.verified = true;
  CHECK(approvers(with_approvals({told}), requirement) == std::set<std::string>{"bob"});
  requirement.signatures = true;
  CHECK(approvers(with_approvals({yes("bob")}), requirement).empty());
  CHECK(approvers(with_approvals({told}), requirement).empty());  // a signature is not yet a valid one
  CHECK(approvers(with_approvals({verified}), requirement) == std::set<std::string>{"bob"});
}

TEST_CASE("at the claim, who claims has not approved, whoever is said to have asked") {
  auto requirement = from({{{policy::kAnyone, 1}}});
  const Request request = with_approvals({yes("bob"), yes("carol", "bob")});
  CHECK(approvers(request, requirement, person("dora")) == std::set<std::string>{"bob"});
  CHECK(approvers(request, requirement, person("bob")).empty());
  requirement.self = true;
  CHECK(approvers(request, requirement, person("bob")) == std::set<std::string>{"bob"});
}
