#pragma once
#include <sys/socket.h>

namespace jit::transfer {

/// Where an address leads. `reserved` is what nothing is to be had from: documentation, multicast, the
/// future.
enum class Reach { everywhere, here, inside, reserved };
/// Of an IPv4 or IPv6 address, also one that holds another (mapped, NAT64, 6to4); of other families reserved.
Reach reach_of(const sockaddr* address, socklen_t size);

}  // namespace jit::transfer
