#pragma once
#include <string>
#include <vector>

#include "context/source.hpp"

namespace jit::policy {

namespace compiled {
struct Freeze;
struct Set;
}  // namespace compiled

/// Those that last at the context's time.
std::vector<const compiled::Freeze*> freezes_now(const compiled::Set& set, context::Source& source);
/// Until when, as people read it: to the second, or the minute.
std::string end_of(const compiled::Freeze& freeze);

}  // namespace jit::policy
