#pragma once
#include "approval/request.hpp"
#include "util/json.hpp"

namespace jit::approval {

/// The request document (design, section 6) that `--json` prints and the server's API gives.
util::Json to_json(const View& view);
/// Reads one from a foreign text. Throws Error when anything is missing, of another type, or unknown in its
/// state.
View view_from_json(const util::Json& document);

/// What a store keeps: the request itself, without what the roster says. Lossless both ways.
util::Json to_stored_json(const Request& request);
Request request_from_stored_json(const util::Json& document);

}  // namespace jit::approval
