#include "approval/document.hpp"

#include <catch2/catch.hpp>

#include "approval/quorum.hpp"
#include "approval/sample.hpp"
#include "util/error.hpp"

using namespace jit;
using namespace jit::approval;
using namespace jit::approval::sample;
using namespace std::chrono_literals;

namespace {

Request full_request() {
  policy::Requirement requirement = two_of_sre();
  requirement.tickets = {"OPS-[0-9]+"};
  requirement.reason = true;
  requirement.uses = 3;
  Request request = approved(requirement);
  request.requester_login = "al";
  request.message = "be careful";
  request.reviews.front().login = "bo";
  request.reviews.front().signature = Signature{"-----BEGIN", request.created_at, "local"};
  request.outcome = std::make_shared<util::Json>(util::Json{{"exit", 0}});
  return request;
}

}  // namespace

TEST_CASE("the request document has the form that everybody relies on") {
  const Request request = pending();
  const util::Json document = to_json(view_of(request, roster()));
  CHECK(document["id"] == request.id.text());
  CHECK(document["state"] == "pending");
  CHECK(document["digest"] == request.digest.text());
  CHECK(document["rules"] == util::Json{"deletes"});
  CHECK(document["requester"] == "alice");
  CHECK(document["reason"] == "a reason");
  CHECK(document["created_at"] == util::to_rfc3339(kStart));
  CHECK(document["valid_until"].is_null());
  CHECK(document["uses_left"] == 1);
  CHECK(document["requirement"]["from"] == util::Json::parse(R"([{"sre": 2}])"));
  CHECK(document["requirement"]["self"] == false);
  CHECK(document["requirement"]["missing"] == util::Json::parse(R"([{"sre": 2}])"));
  CHECK(document["requirement"]["eligible"] == util::Json::parse(R"(["bob", "carol"])"));
  CHECK(document["reviews"] == util::Json::array());
  CHECK(document["context"] == *context());
  CHECK(document["outcome"].is_null());
  // The one of anyone that an empty list stands for is spelled out.
  CHECK(to_json(view_of(pending(one_of_anyone()), roster()))["requirement"]["from"] ==
        util::Json::parse(R"([{"anyone": 1}])"));
}

TEST_CASE("a request document reads back as what it was") {
  const View view = view_of(full_request(), roster());
  const util::Json document = to_json(view);
  CHECK(to_json(view_from_json(document)) == document);
}

TEST_CASE("a backend may leave out what concerns only itself") {
  util::Json document = to_json(view_of(pending(), roster()));
  util::Json& requirement = document["requirement"];
  for (const char* key : {"expires", "valid_for", "uses", "deny_threshold", "reason", "tickets"})
    requirement.erase(key);
  document.erase("message");
  CHECK(view_from_json(document).request.requirement.from == two_of_sre().from);
}

TEST_CASE("a request document with anything missing or of another type is none") {
  const util::Json good = to_json(view_of(full_request(), roster()));
  for (const char* key :
       {"id", "state", "digest", "rules", "requester", "created_at", "expires_at", "uses_left", "requirement",
        "reviews", "context", "outcome", "reason", "valid_until"}) {
    INFO(key);
    util::Json missing = good;
    missing.erase(key);
    CHECK_THROWS_AS(view_from_json(missing), util::Error);
    util::Json other = good;
    other[key] = true;
    if (std::string(key) != "outcome") CHECK_THROWS_AS(view_from_json(other), util::Error);
  }
  for (const char* text : {R"({"state": "aproved"})", R"({"uses_left": -1})", R"({"uses_left": 1.5})",
                           R"({"id": "../../etc/passwd"})", R"({"digest": "sha256:00"})",
                           R"({"created_at": "yesterday"})", R"({"rules": [1]})", R"({"reviews": [{}]})",
                           R"({"context": []})", R"({"uses_left": 99999999999999999999})"}) {
    INFO(text);
    util::Json bad = good;
    bad.merge_patch(util::Json::parse(text));
    CHECK_THROWS_AS(view_from_json(bad), util::Error);
  }
  util::Json bad_review = good;
  bad_review["reviews"][0]["verdict"] = "aprove";
  CHECK_THROWS_AS(view_from_json(bad_review), util::Error);
  CHECK_THROWS_AS(view_from_json(util::Json::array()), util::Error);
  CHECK_THROWS_AS(view_from_json(util::Json()), util::Error);
}

TEST_CASE("what a store keeps is lossless") {
  const Request request = full_request();
  const util::Json stored = to_stored_json(request);
  CHECK_FALSE(stored.contains("context"));
  const Request back = request_from_stored_json(stored, request.context);
  CHECK(to_stored_json(back) == stored);
  CHECK(back.requirement == request.requirement);
  CHECK(back.requester_login == "al");
  CHECK(back.reviews.front().login == "bo");
  CHECK(back.reviews.front().at == request.reviews.front().at);
  CHECK(back.valid_until == request.valid_until);
  CHECK(back.digest == request.digest);
  CHECK(back.message == "be careful");
  CHECK(*back.outcome == *request.outcome);
}
