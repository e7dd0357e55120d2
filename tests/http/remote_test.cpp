#include "http/remote.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "http/events.hpp"

using namespace jit;
using backend::rpc::Call;
using backend::rpc::Code;
using backend::rpc::Failure;
using util::Json;

namespace {

http::Answer answer(int status, const std::string& type, const std::string& body) {
  http::Answer answer;
  answer.status = status;
  answer.headers["content-type"] = type;
  answer.body = body;
  return answer;
}

http::Answer problem(int status, const std::string& name, Json more = Json::object()) {
  more["type"] = "urn:jit-run:problem:" + name;
  more["detail"] = "in words";
  return answer(status, "application/problem+json", more.dump());
}

const http::Server kServer{"https://jit.example.org", "/home/a/token"};

Failure failure(const Call& call, const http::Answer& answer) {
  const auto outcome = http::outcome_of(call, answer, kServer);
  REQUIRE(std::holds_alternative<Failure>(outcome));
  return std::get<Failure>(outcome);
}

const Call kGet{1, "get", {{"id", "abc"}, {"within_ms", 5000}}};
const Call kAsk{
    1, "ask", {{"context", Json::object()}, {"reason", nullptr}, {"key", "k1"}, {"within_ms", 5000}}};

}  // namespace

TEST_CASE("each call is one request") {
  const auto get = http::exchange_of(kGet);
  CHECK((get->method == "GET" && get->path == "/v1/requests/abc" && get->within == util::Millis{5000}));
  const auto ask = http::exchange_of(kAsk);
  CHECK((ask->method == "POST" && ask->path == "/v1/requests"));
  CHECK(ask->headers.at("Idempotency-Key") == "k1");
  CHECK(Json::parse(ask->body) == Json{{"context", Json::object()}, {"reason", nullptr}});
  const auto review =
      http::exchange_of({1, "review", {{"id", "abc"}, {"verdict", "deny"}, {"message", "no"}, {"key", "k"}}});
  CHECK(review->path == "/v1/requests/abc/reviews");
  CHECK(Json::parse(review->body) == Json{{"verdict", "deny"}, {"message", "no"}});
  const auto list = http::exchange_of({1,
                                       "list",
                                       {{"states", {"pending", "approved"}},
                                        {"requester", "a&b"},
                                        {"prefix", nullptr},
                                        {"after", "x"},
                                        {"limit", 7}}});
  CHECK(list->path == "/v1/requests?limit=7&state=pending%2Capproved&requester=a%26b&cursor=x");
  const auto wait =
      http::exchange_of({1, "wait", {{"id", "abc"}, {"version", "\"3\""}, {"within_ms", 25000}}});
  CHECK(wait->headers.at("If-None-Match") == "\"3\"");
  CHECK(wait->headers.at("Prefer") == "wait=23");
  CHECK_FALSE(http::exchange_of({1, "nonsense", Json::object()}));
}

TEST_CASE("an id stays one part of the path") {
  const auto get = http::exchange_of({1, "get", {{"id", "../../x?y=z#\r\nHost: evil"}}});
  CHECK(get->path == "/v1/requests/..%2F..%2Fx%3Fy%3Dz%23%0D%0AHost%3A%20evil");
}

TEST_CASE("an answer is what the API says, or nothing") {
  const auto good = http::outcome_of(kGet, answer(200, "application/json", R"({"id": "abc"})"), kServer);
  CHECK(std::get<Json>(good) == Json{{"request", {{"id", "abc"}}}});
  for (const auto& wrong :
       {answer(200, "text/html", "<html>"), answer(200, "application/json", "<html>"),
        answer(200, "application/json", "[]"), answer(200, "application/json", R"({"a": 1, "a": 2})"),
        answer(302, "application/json", "{}"), answer(500, "text/html", ""),
        answer(404, "text/html", "not found"), answer(200, "", "{}"),
        answer(418, "application/problem+json", "nonsense")}) {
    INFO(wrong.status << " " << wrong.body);
    CHECK(failure(kGet, wrong).is(Code::unavailable));
  }
}

TEST_CASE("a problem keeps its meaning") {
  const Failure refused = failure(kGet, problem(409, "refused", {{"kind", "own_request"}}));
  CHECK(refused.is(Code::refused));
  CHECK((refused.message == "in words" && refused.data["kind"] == "own_request"));
  CHECK(failure(kGet, problem(404, "no-such-request")).is(Code::no_such_request));
  CHECK(failure(kAsk, problem(403, "not-asked", {{"verdict", {{"effect", "deny"}}}})).data["effect"] ==
        "deny");
  const Failure unknown = failure(kGet, problem(401, "unauthorized", {{"hint", "make another"}}));
  CHECK(unknown.is(Code::usage));
  CHECK(unknown.told("hint") == "make another; the token is the one in /home/a/token");
  CHECK_FALSE(unknown.may_pass());
  const auto unsent = std::get<Failure>(http::outcome_of(
      kGet, problem(401, "unauthorized", {{"hint", "make one"}}), {"https://x", "", "/h/token"}));
  CHECK(unsent.told("hint") ==
        "make one; no token was sent: token_file is not set, and there is no /h/token");
  CHECK(failure(kGet, problem(503, "overloaded")).is(Code::unavailable));
  CHECK(failure(kGet, problem(503, "overloaded")).may_pass());
  CHECK_FALSE(failure(kGet, problem(500, "internal")).may_pass());
  // The server's own policies allow it.
  CHECK(failure(kAsk, answer(200, "application/json", R"({"effect": "allow"})")).is(Code::not_asked));
}

TEST_CASE("what keeps somebody waiting is told with where, why, and what to look at") {
  http::Answer lost;
  lost.problem = "connect: Connection refused";
  lost.may_pass = true;
  const Failure given_up = failure(kGet, lost);
  CHECK(given_up.message ==
        "cannot reach https://jit.example.org, tried for 5s: connect: Connection refused");
  CHECK_FALSE(given_up.told("hint").empty());
  CHECK(given_up.may_pass());
  CHECK(http::trouble_of(lost, kServer) ==
        "cannot reach https://jit.example.org: connect: Connection refused; trying again");
  CHECK(http::trouble_of(answer(503, "", ""), kServer) ==
        "https://jit.example.org answers 503; trying again");
  CHECK(http::trouble_of(std::nullopt, kServer) == "no answer from https://jit.example.org yet");
  lost.may_pass = false;
  lost.problem = "SSL certificate problem: self-signed";
  CHECK(failure(kGet, lost).told("hint").find("ca_file") != std::string::npos);
}

TEST_CASE("what can pass is tried again, not for longer than a minute at once") {
  http::Answer lost;
  lost.may_pass = true;
  CHECK(http::retry_after(lost, 0));
  CHECK(*http::retry_after(lost, 100) <= util::Millis{5000});
  lost.may_pass = false;  // a certificate that is wrong
  CHECK_FALSE(http::retry_after(lost, 0));
  auto busy = answer(503, "", "");
  busy.headers["retry-after"] = "999999";
  CHECK(*http::retry_after(busy, 0) == std::chrono::seconds(60));
  busy.headers["retry-after"] = "2";
  CHECK(*http::retry_after(busy, 0) == std::chrono::seconds(2));
  busy.headers["retry-after"] = "-1";
  CHECK(*http::retry_after(busy, 0) <= util::Millis{5000});
  CHECK_FALSE(http::retry_after(answer(404, "", ""), 0));
  CHECK_FALSE(http::retry_after(answer(500, "", ""), 0));
}

TEST_CASE("events are read for the first id that is new, however they are cut") {
  const std::string stream =
      ": hello\n\nid: 7\nevent: ready\ndata: {}\n\nid: 8\r\nevent: changed\r\ndata: {}\r\n\r\n";
  for (std::size_t size : {std::size_t{1}, std::size_t{5}, stream.size()}) {
    http::EventReader fresh{Json()};
    http::EventReader knowing{Json("7")};
    std::optional<std::string> first, second;
    for (std::size_t at = 0; at < stream.size(); at += size) {
      if (!first) first = fresh.take(stream.substr(at, size));
      if (!second) second = knowing.take(stream.substr(at, size));
    }
    CHECK((first && *first == "7"));
    CHECK((second && *second == "8"));
  }
}
