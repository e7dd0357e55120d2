#pragma once
#include "approval/request.hpp"
#include "util/json.hpp"

namespace jit::approval {

/// The request document that `--json` prints and a server gives.
util::Json to_json(const View& view);
/// Reads one from a foreign text. Throws Error when anything is missing, of another type, or unknown in its
/// state; what else it holds is passed over.
View view_from_json(const util::Json& document);

/// {"text": "-----BEGIN SSH SIGNATURE-----…", "at": "…", "server": "…"}, null for none; and back, throwing
/// Error.
util::Json to_json(const std::optional<Signature>& signature);
std::optional<Signature> signature_from_json(const util::Json& json);

/// What a store keeps: the request without its context (which never changes, so it is kept apart) and without
/// what the roster says. Together with the context lossless both ways.
util::Json to_stored_json(const Request& request);
Request request_from_stored_json(const util::Json& document, std::shared_ptr<const util::Json> context);

}  // namespace jit::approval
