#pragma once
#include "util/json.hpp"
#include "util/time.hpp"

namespace jit::context {

/// A context's part `time`, in UTC: {"at": "2026-11-22T10:14:00Z", "date": "2026-11-22",
/// "weekday": "sun", "hour": 10}.
util::Json time_part(util::Time time);

}  // namespace jit::context
