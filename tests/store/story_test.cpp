#include "store/story.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "approval/sample.hpp"
#include "store/trail.hpp"

using namespace jit;
using namespace std::chrono_literals;
using namespace jit::approval;
using namespace jit::approval::sample;
using store::Story;
using util::Json;

namespace {

constexpr const char* kStates[] = {"pending", "approved", "denied",  "expired", "withdrawn",
                                   "revoked", "lapsed",   "changed", "started", "finished"};
constexpr const char* kTypes[] = {"ask",         "approve", "deny",    "expire", "withdraw",
                                  "revoke",      "lapse",   "changed", "claim",  "break_glass",
                                  "acknowledge", "dispute", "report"};

// All that may happen to a request, by everybody.
std::vector<Event> events(const Request& request) {
  Claim differs = claim(request);
  differs.differences = {"something changed"};
  std::vector<Event> all{Deadline{},
                         Withdraw{person("alice")},
                         claim(request),
                         differs,
                         Break{person("alice")},
                         Report{person("alice"), std::make_shared<const Json>(Json::object())}};
  for (const char* name : {"bob", "carol"}) {
    all.push_back(Approve{person(name), ""});
    all.push_back(Deny{person(name), ""});
    all.push_back(Revoke{person(name), ""});
    all.push_back(ReviewAfter{person(name), ReviewVerdict::acknowledge, ""});
    all.push_back(ReviewAfter{person(name), ReviewVerdict::dispute, ""});
  }
  return all;
}

Json entry_of(const Transition& transition, util::Time at) {
  return {{"at", util::to_rfc3339(at)},
          {"actor", transition.actor},
          {"data", *transition.data},
          {"request", transition.request.id.text()},
          {"seq", 1},
          {"type", transition.type}};
}

struct Walked {
  std::set<std::tuple<std::string, std::string, std::string>> turns;  // event, state before, state after
  std::map<std::string, Story> stories;                               // by state
};

// Whatever can follow, as deep as the longest life that shows something new.
void walk(const Request& request, const Story& story, util::Time now, int depth, Walked& walked) {
  walked.stories.try_emplace(story.state, story);
  if (depth == 0) return;
  for (const Event& event : events(request)) {
    const util::Time at =
        now + (std::holds_alternative<Deadline>(event) ? util::Millis{2h} : util::Millis{1s});
    const auto result = apply(request, event, roster(), at);
    const auto* transition = std::get_if<Transition>(&result);
    if (transition == nullptr) continue;
    Story after = story;
    const auto why = after.follow(entry_of(*transition, at));
    INFO(transition->type << " of a request that was " << story.state << ": " << why.value_or("fits"));
    REQUIRE_FALSE(why);
    CHECK(after.state == to_text(transition->request.state));
    walked.turns.emplace(transition->type, story.state, after.state);
    walk(transition->request, after, at, depth - 1, walked);
  }
}

policy::Requirement all_there_is() {
  policy::Requirement requirement = two_of_sre();
  requirement.uses = 2;
  requirement.deny_threshold = 2;
  requirement.break_glass = policy::BreakGlass{{{"sre"}}, 24h};
  return requirement;
}

Transition asked(const policy::Requirement& requirement) {
  return make_request({digest(), context(), ask_for(requirement), person("alice"), "a reason", "", {}},
                      RequestId::random(), kStart);
}

Story begun(const Transition& ask) {
  Story story;
  REQUIRE_FALSE(story.begin(entry_of(ask, kStart)));
  return story;
}

}  // namespace

TEST_CASE("a story follows whatever the life cycle does, and nothing else") {
  const Transition ask = asked(all_there_is());
  Walked walked;
  walk(ask.request, begun(ask), kStart, 6, walked);
  REQUIRE(walked.stories.size() == std::size(kStates));
  CHECK(walked.turns.size() > 20);
  for (const auto& [before, story] : walked.stories) {
    for (const char* type : kTypes) {
      for (const char* after : kStates) {
        if (walked.turns.contains({type, before, after})) continue;
        Json entry = {
            {"at", util::to_rfc3339(kStart + 1s)}, {"actor", "bob"}, {"request", "x"}, {"type", type}};
        entry["data"] = {{"state", after}};
        INFO(type << ": " << before << " to " << after);
        const auto why = Story(story).follow(entry);
        REQUIRE(why);
        const bool is_turn =
            why->find("happened to") != std::string::npos || why->find("never leaves") != std::string::npos;
        CHECK(is_turn);
      }
    }
  }
}

TEST_CASE("a request begins pending, and only pending") {
  Json entry = entry_of(asked(two_of_sre()), kStart);
  for (const char* state : kStates) {
    entry["data"]["state"] = state;
    CHECK(Story().begin(entry).has_value() == (std::string(state) != "pending"));
  }
  entry["data"].erase("state");
  CHECK(Story().begin(entry) == "\"ask\" never leaves a request in no state");
}

TEST_CASE("what no request is about, and what nobody knows") {
  store::Trail trail;
  const Json ask = entry_of(asked(two_of_sre()), kStart);
  REQUIRE_FALSE(trail.follow(ask));
  Json entry = ask;
  CHECK(trail.follow(entry).value_or("").find("asked twice") != std::string::npos);
  entry["type"] = "allowed";
  CHECK(trail.follow(entry).value_or("").find("\"allowed\" is about no request") != std::string::npos);
  entry["request"] = "";
  CHECK_FALSE(trail.follow(entry));
  entry["type"] = "waved_through";
  CHECK(trail.follow(entry).value_or("").find("never asked") != std::string::npos);
  entry["request"] = ask["request"];
  CHECK(trail.follow(entry).value_or("").find("nobody knows what \"waved_through\" is") != std::string::npos);
}

TEST_CASE("who does it, of what, and when, is as the life cycle has it") {
  const Transition ask = asked(all_there_is());
  Story approved = begun(ask);
  Request request = ask.request;
  for (const char* name : {"bob", "carol"}) {
    const auto step = std::get<Transition>(apply(request, Approve{person(name), ""}, roster(), kStart + 1s));
    REQUIRE_FALSE(approved.follow(entry_of(step, kStart + 1s)));
    request = step.request;
  }
  const Json claimed =
      entry_of(std::get<Transition>(apply(request, claim(request), roster(), kStart + 2s)), kStart + 2s);
  const auto why = [&](const char* path, const Json& value) {
    Json entry = claimed;
    entry[Json::json_pointer(path)] = value;
    return Story(approved).follow(entry).value_or("fits");
  };
  CHECK(why("/actor", "alice") == "fits");
  CHECK(why("/actor", "bob") == "bob started it, and not who asked");
  CHECK(why("/data/digest", "sha256:0") == "what was started is not what was asked for");
  CHECK(why("/data/digest", Json()) == "what was started is not what was asked for");
  CHECK(why("/data/uses_left", 2) == "it was used more often than it was approved for");
  CHECK(why("/data/uses_left", "1") == "it was used more often than it was approved for");
  CHECK(why("/data/state", "started") == "it has 1 use left and is started");
  CHECK(why("/at", "then") == "its time is none");
  CHECK(why("/at", util::to_rfc3339(kStart + 1h)) == "\"claim\" happened after its time was over");

  Json lapsed = entry_of(*settle(request, kStart + 1h), kStart + 1h);
  CHECK_FALSE(Story(approved).follow(lapsed));
  lapsed["at"] = util::to_rfc3339(kStart + 2s);
  CHECK(Story(approved).follow(lapsed) == "\"lapse\" happened before its time was over");

  Json own =
      entry_of(std::get<Transition>(apply(ask.request, Approve{person("bob"), ""}, roster(), kStart + 1s)),
               kStart + 1s);
  CHECK_FALSE(begun(ask).follow(own));
  own["actor"] = "Alice";
  CHECK(begun(ask).follow(own) == "Alice approved what was their own");
  policy::Requirement by_oneself = two_of_sre();
  by_oneself.self = true;
  CHECK_FALSE(begun(asked(by_oneself)).follow(own));

  Json broken = entry_of(
      std::get<Transition>(apply(ask.request, Break{person("alice")}, roster(), kStart + 1s)), kStart + 1s);
  CHECK_FALSE(begun(ask).follow(broken));
  CHECK(begun(asked(two_of_sre())).follow(broken).value_or("").find("by break-glass, which") !=
        std::string::npos);
}
