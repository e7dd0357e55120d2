#include "server/reader.hpp"

#include <catch2/catch.hpp>

namespace jit::server {
namespace {

const std::string kGet =
    "GET /v1/whoami HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\nX-Other: y\r\n\r\n";

Limits small() {
  Limits limits;
  limits.header_bytes = 1024;
  limits.body_bytes = 2048;
  return limits;
}

// What comes of these bytes, given one at a time or all at once: it must not matter.
RequestReader::Result read(const std::string& bytes, const Limits& limits = small()) {
  RequestReader whole(limits);
  RequestReader slow(limits);
  auto at_once = whole.feed(bytes);
  if (whole.is_held()) {
    whole.allow();
    at_once = whole.feed("");
  }
  RequestReader::Result one_by_one;
  for (const char byte : bytes) {
    one_by_one = slow.feed({&byte, 1});
    slow.allow();
    if (!std::holds_alternative<std::monostate>(one_by_one)) break;
  }
  CHECK(at_once.index() == one_by_one.index());
  return at_once;
}

int status_of(const std::string& bytes) {
  const auto result = read(bytes);
  const auto* wrong = std::get_if<RequestReader::Wrong>(&result);
  return wrong == nullptr ? 0 : wrong->reply.status;
}

TEST_CASE("a request is read whole, however it comes") {
  auto result =
      read("POST /v1/requests HTTP/1.1\r\nHost: x\r\nIdempotency-Key: k\r\nContent-Length: 2\r\n\r\n{}");
  REQUIRE(std::holds_alternative<RequestReader::Ready>(result));
  const auto& ready = std::get<RequestReader::Ready>(result);
  CHECK(ready.keep_alive);
  CHECK(ready.message.method == "POST");
  CHECK(ready.message.target == "/v1/requests");
  CHECK(ready.message.header("idempotency-key") == "k");
  CHECK(ready.message.body == "{}");
  result = read(
      "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: "
      "chunked\r\n\r\n2\r\n{}\r\n1;x=y\r\n!\r\n0\r\n\r\n");
  REQUIRE(std::holds_alternative<RequestReader::Ready>(result));
  CHECK(std::get<RequestReader::Ready>(result).message.body == "{}!");
  CHECK_FALSE(std::get<RequestReader::Ready>(result).keep_alive);
}

TEST_CASE("a body that is not small waits at its header until it is allowed") {
  const Limits limits = small();
  RequestReader reader(limits);
  const std::string body(1500, 'x');
  const std::string header = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1500\r\n\r\n";
  CHECK(reader.wanted() == limits.header_bytes);
  CHECK(std::holds_alternative<std::monostate>(reader.feed(header + body.substr(0, 500))));
  REQUIRE(reader.is_held());
  REQUIRE(reader.message() != nullptr);
  reader.allow();
  CHECK(std::holds_alternative<std::monostate>(reader.feed("")));
  CHECK(reader.wanted() == 1000);  // and nothing of what comes behind it
  const auto result = reader.feed(body.substr(500));
  REQUIRE(std::holds_alternative<RequestReader::Ready>(result));
  CHECK(std::get<RequestReader::Ready>(result).message.body == body);
  CHECK_FALSE(reader.is_held());
  CHECK(std::holds_alternative<std::monostate>(
      reader.feed("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")));
  CHECK_FALSE(reader.is_held());
}

TEST_CASE("requests behind each other are told apart") {
  const Limits limits;
  RequestReader reader(limits);
  CHECK(std::holds_alternative<RequestReader::Ready>(reader.feed(kGet + kGet + "GE")));
  CHECK(reader.begun());
  CHECK(std::holds_alternative<RequestReader::Ready>(reader.feed("")));
  CHECK(std::holds_alternative<std::monostate>(reader.feed("")));
  CHECK(std::holds_alternative<RequestReader::Ready>(reader.feed(kGet.substr(2))));
  CHECK_FALSE(reader.begun());
  CHECK(reader.size() == 0);
}

TEST_CASE("only the headers that matter are kept, and none from behind the body") {
  const auto result = read(
      "POST / HTTP/1.1\r\nHost: x\r\nX-Other: y\r\nPrefer: a\r\nPrefer: wait=3\r\nTransfer-Encoding: "
      "chunked\r\n\r\n"
      "0\r\nAuthorization: Bearer forged\r\n\r\n");
  REQUIRE(std::holds_alternative<RequestReader::Ready>(result));
  const Message& message = std::get<RequestReader::Ready>(result).message;
  CHECK(message.headers.size() == 1);
  CHECK(wanted_wait(message.header("prefer")) == std::chrono::seconds(3));
}

TEST_CASE("what others could read otherwise is refused") {
  CHECK(status_of("GET / HTTP/1.1\r\n\r\n") == 400);  // no Host
  CHECK(status_of("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n") == 400);
  CHECK(status_of("GET / HTTP/1.0\r\nHost: x\r\n\r\n") == 400);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n") == 400);  // folded
  CHECK(status_of("GET / HTTP/1.1\r\nHost: x\r\nX : a\r\n\r\n") == 400);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nauthorization: b\r\n\r\n") == 400);
  CHECK(status_of("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n1") == 400);
  CHECK(status_of("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n") ==
        400);
  CHECK(status_of("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n") == 400);
  CHECK(status_of("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nzz") == 400);
  for (const char* coding :
       {"identity", "gzip", "xchunked", "chunked, identity", "gzip, chunked", "\"chunked\"", ""})
    CHECK(status_of(std::string("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ") + coding + "\r\n\r\n") ==
          400);
  CHECK(
      status_of(
          "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n") ==
      400);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1") == 400);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
  CHECK(status_of("\x16\x03\x01") == 400);  // TLS, to the wrong port
  CHECK(status_of("\r\n\r\n") == 400);
}

TEST_CASE("what is too large is refused before it is kept") {
  const Limits limits = small();
  CHECK(status_of("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(2000, 'a')) == 431);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(2000, 'a') + "\r\n\r\n") == 431);
  CHECK(status_of("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2049\r\n\r\n") == 413);
  const std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK(status_of(chunked + "1000\r\n" + std::string(4096, 'a')) == 413);
  CHECK(status_of(chunked + "1;" + std::string(2000, 'x')) == 431);  // the line before a chunk
  RequestReader reader(limits);
  CHECK(std::holds_alternative<std::monostate>(reader.feed(chunked + "400\r\n" + std::string(100, 'a'))));
  CHECK(reader.size() < 2 * 1024);
}

TEST_CASE("who waits before sending the body is told to go on, once") {
  const Limits limits;
  RequestReader reader(limits);
  (void)reader.feed("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  CHECK(reader.take_continue());
  CHECK_FALSE(reader.take_continue());
  CHECK(std::holds_alternative<RequestReader::Ready>(reader.feed("1")));
}

TEST_CASE("the wish to wait is found among others") {
  CHECK(wanted_wait("wait=25") == std::chrono::seconds(25));
  CHECK(wanted_wait("respond-async, wait=5") == std::chrono::seconds(5));
  CHECK_FALSE(wanted_wait("nowait=5"));
  CHECK_FALSE(wanted_wait("wait=-5"));
  CHECK_FALSE(wanted_wait("wait="));
  CHECK_FALSE(wanted_wait("wait=99999999999999999999"));
  CHECK_FALSE(wanted_wait(""));
}

}  // namespace
}  // namespace jit::server
