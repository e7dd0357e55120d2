#pragma once
#include <optional>
#include <string>

#include "util/time.hpp"

namespace jit::audit {

/// What `--since` takes: a time (RFC 3339, UTC), a day ("2026-11-22", its start in UTC), or how long before
/// `now`
/// ("2h"). nullopt for everything else.
std::optional<util::Time> parse_since(const std::string& text, util::Time now);

}  // namespace jit::audit
