#include "server/message.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "server/listen.hpp"
#include "util/error.hpp"

namespace jit::server {
namespace {

using Parts = std::vector<std::string>;

TEST_CASE("a target is taken apart once, and what is odd is none") {
  const auto list = parse_target("/v1/requests?state=pending%2Capproved&cursor=a%20b&empty=");
  REQUIRE(list);
  CHECK(list->segments == Parts{"v1", "requests"});
  CHECK(list->query.at("state") == "pending,approved");
  CHECK(list->query.at("cursor") == "a b");
  CHECK(list->query.at("empty").empty());
  CHECK(parse_target("/")->segments == Parts{""});
  CHECK(parse_target("/a?")->segments == Parts{"a"});
  CHECK(parse_target("/a?")->query.empty());
  // An escaped slash does not make a segment; dots mean nothing.
  CHECK(parse_target("/v1/requests/a%2Fb")->segments == Parts{"v1", "requests", "a/b"});
  CHECK(parse_target("/v1/../x")->segments == Parts{"v1", "..", "x"});
  for (const char* odd : {"", "v1", "*", "http://x/v1", "/%", "/%4", "/%4g", "/%00", "/a%0ab", "/a?x=%zz",
                          "/a?x=1&x=2", "/\x7f"})
    CHECK_FALSE(parse_target(odd));
}

TEST_CASE("a problem says what it is and what to do") {
  const Reply reply = problem(404, "no-such-request", "there is none", "look again");
  CHECK(reply.headers.at("Content-Type") == "application/problem+json");
  const util::Json body = util::Json::parse(reply.body);
  CHECK(body["type"] == "urn:jit-run:problem:no-such-request");
  CHECK(body["status"] == 404);
  CHECK(body["hint"] == "look again");
}

TEST_CASE("without TLS it listens on loopback only") {
  CHECK(to_url(parse_endpoint("http://localhost:8080")) == "http://127.0.0.1:8080");
  CHECK(to_url(parse_endpoint("http://[::1]:80/")) == "http://[::1]:80");
  CHECK(to_url(parse_endpoint("https://0.0.0.0:8443")) == "https://0.0.0.0:8443");
  CHECK(to_url(parse_endpoint("unix:/run/x")) == "unix:/run/x");
  for (const char* wrong :
       {"http://0.0.0.0:80", "http://[::]:80", "http://10.0.0.1:80", "http://[::ffff:127.0.0.1]:80",
        "http://127.0.0.1.example:80", "https://example.org:1", "https://1.2.3.4",
        "https://1.2.3.4:", "https://1.2.3.4:99999", "https://1.2.3.4:1x", "unix:x", "", "tcp://1.2.3.4:1"})
    CHECK_THROWS_AS(parse_endpoint(wrong), util::UsageError);
}

}  // namespace
}  // namespace jit::server
