#pragma once
#include <optional>

#include "util/time.hpp"

namespace jit::delivery {

/// Until when a notice is tried.
inline constexpr std::chrono::hours kPatience{24};

/// How long to wait after so many failures in a row: 1 s, doubled each time up to 5 min, and by `chance` (0
/// to 1) up to a quarter more, so that those that failed together do not come back together. What the other
/// side wishes counts where it is longer, up to an hour.
util::Millis pause_after(int failures, const std::optional<util::Millis>& wished, double chance);

}  // namespace jit::delivery
