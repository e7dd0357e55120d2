#include "http/endpoint.hpp"

#include <catch2/catch.hpp>

#include "util/error.hpp"

using namespace jit;
using http::parse_endpoint;

TEST_CASE("a server is named by https, by http on this machine, or by a socket") {
  CHECK(parse_endpoint("https://jit.example.org").base == "https://jit.example.org");
  CHECK(parse_endpoint("https://jit.example.org:8443/team/").base == "https://jit.example.org:8443/team");
  CHECK_FALSE(parse_endpoint("https://jit.example.org").is_loopback);
  for (const char* url :
       {"http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080", "http://127.1.2.3"}) {
    INFO(url);
    CHECK(parse_endpoint(url).is_loopback);
  }
  const auto socket = parse_endpoint("unix:/run/jit-run/jit.sock");
  CHECK(socket.unix_socket == "/run/jit-run/jit.sock");
  CHECK(socket.is_loopback);
}

TEST_CASE("what would leave this machine in the clear, or is no server, is refused") {
  for (const char* url :
       {"http://jit.example.org", "http://127.0.0.1.example.org", "http://127.example.org",
        "http://localhost.example.org", "http://10.0.0.1", "http://[::2]", "http://0", "https://",
        "https:///x", "https://a b", "https://host?x=1", "https://host#x", "https://user:password@host",
        "https://token@host", "unix:relative", "unix:", "ftp://host", "https:host", "https://host\\@evil"}) {
    INFO(url);
    CHECK_THROWS_AS(parse_endpoint(url), util::UsageError);
  }
  CHECK_THROWS_AS(parse_endpoint("unix:/" + std::string(200, 'x')), util::UsageError);
  // The password is not repeated.
  try {
    (void)parse_endpoint("https://user:hunter2@host");
    FAIL();
  } catch (const util::UsageError& error) {
    CHECK(std::string(error.what()).find("hunter2") == std::string::npos);
  }
}
