#include "transfer/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <catch2/catch.hpp>

namespace jit::transfer {
namespace {

Reach reach(const std::string& text) {
  sockaddr_in four{};
  sockaddr_in6 six{};
  if (::inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    return reach_of(reinterpret_cast<const sockaddr*>(&four), sizeof four);
  }
  REQUIRE(::inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) == 1);
  six.sin6_family = AF_INET6;
  return reach_of(reinterpret_cast<const sockaddr*>(&six), sizeof six);
}

}  // namespace

TEST_CASE("private addresses are told, however they are written") {
  for (const char* here :
       {"127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"})
    CHECK(reach(here) == Reach::here);
  for (const char* inside : {"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
                             "100.64.0.1", "fd00::1", "fe80::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"})
    CHECK(reach(inside) == Reach::inside);
  for (const char* reserved :
       {"0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1", "2001:db8::1", "192.0.2.1"})
    CHECK(reach(reserved) == Reach::reserved);
  for (const char* outside : {"8.8.8.8", "172.32.0.1", "192.169.0.1", "2606:4700::1111", "11.0.0.1"})
    CHECK(reach(outside) == Reach::everywhere);
}

}  // namespace jit::transfer
