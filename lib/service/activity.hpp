#pragma once
#include "store/activity.hpp"
#include "util/json.hpp"

namespace jit::service {

/// The section `activity` of a context, as rules and approvers read it: {"requests_24h", "denied_24h",
/// "break_glass_24h", the same of "7d", "last_runs": [{"at", "by", "state", "status"}], "running", "waiting",
/// "in_flight": [{"id", "requester", "state", "systems"}]}. What others run is not in it: the request's id
/// leads there whoever may see it.
util::Json to_json(const store::Activity& activity);

}  // namespace jit::service
