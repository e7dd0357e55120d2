#pragma once
#include <string>

#include "notify/channel.hpp"

namespace jit::delivery {

/// Writes the line, and rings, on the terminals of these people who are logged in here and take messages
/// (mesg(1)). Gives what went wrong; empty when nothing did, nobody being logged in included.
std::string ring(const notify::Bell& bell);

}  // namespace jit::delivery
