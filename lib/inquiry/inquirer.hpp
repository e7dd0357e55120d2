#pragma once
#include <vector>

#include "live/source.hpp"

namespace jit::inquiry {

/// Asks all of these sources at once, each within its own time, and gives their answers in the same order.
/// TLS is verified always; no redirects, no proxies; no more of an answer is read than it may have. Private
/// addresses are refused, as they are connected to, where the source does not allow them; without TLS it
/// goes to this machine at most. What is wrong with a source is in its answer: it never throws for that.
std::vector<live::Answer> ask(const std::vector<live::Source>& sources);

}  // namespace jit::inquiry
