#include "transfer/address.hpp"

#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace jit::transfer {
namespace {

struct Range {
  std::uint32_t first;
  unsigned bits;
  Reach reach;
};

// IANA's special-purpose registry (RFC 6890).
constexpr std::array kRanges{Range{0x00000000, 8, Reach::reserved},  Range{0x0a000000, 8, Reach::inside},
                             Range{0x64400000, 10, Reach::inside},   Range{0x7f000000, 8, Reach::here},
                             Range{0xa9fe0000, 16, Reach::inside},   Range{0xac100000, 12, Reach::inside},
                             Range{0xc0000000, 24, Reach::reserved}, Range{0xc0000200, 24, Reach::reserved},
                             Range{0xc0586300, 24, Reach::reserved}, Range{0xc0a80000, 16, Reach::inside},
                             Range{0xc6120000, 15, Reach::reserved}, Range{0xc6336400, 24, Reach::reserved},
                             Range{0xcb007100, 24, Reach::reserved}, Range{0xe0000000, 3, Reach::reserved}};

Reach reach_of_four(std::uint32_t address) {
  for (const auto& range : kRanges) {
    if (address >> (32U - range.bits) == range.first >> (32U - range.bits)) return range.reach;
  }
  return Reach::everywhere;
}

using Bytes = std::array<std::uint8_t, 16>;

std::uint32_t four(const Bytes& bytes, std::size_t at) {
  std::uint32_t address = 0;
  for (std::size_t i = 0; i < 4; ++i) address = (address << 8U) | bytes.at(at + i);
  return address;
}

Reach reach_of_sixteen(const Bytes& bytes) {
  constexpr std::size_t kLast = 12;
  const std::uint32_t first = four(bytes, 0);
  const bool zeros = first == 0 && four(bytes, 4) == 0;
  if (zeros && four(bytes, 8) == 0) {
    if (four(bytes, kLast) == 1) return Reach::here;
    return Reach::reserved;  // "::", and the old compatible addresses
  }
  if (zeros && four(bytes, 8) == 0xffff) return reach_of_four(four(bytes, kLast));
  if (first == 0x0064ff9b) return reach_of_four(four(bytes, kLast));
  if (first >> 16U == 0x2002) return reach_of_four(four(bytes, 2));
  if (first >> 25U == 0xfc >> 1U || first >> 22U == 0xfe80 >> 6U) return Reach::inside;
  if (first == 0x20010db8 || first >> 29U != 1) return Reach::reserved;  // 2000::/3 is what was given out
  return Reach::everywhere;
}

}  // namespace

Reach reach_of(const sockaddr* address, socklen_t size) {
  if (address->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in known{};
    std::memcpy(&known, address, sizeof known);
    return reach_of_four(ntohl(known.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 known{};
    std::memcpy(&known, address, sizeof known);
    Bytes bytes{};
    std::memcpy(bytes.data(), &known.sin6_addr, bytes.size());
    return reach_of_sixteen(bytes);
  }
  return Reach::reserved;
}

}  // namespace jit::transfer
