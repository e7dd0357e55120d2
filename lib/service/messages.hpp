#pragma once
#include <string>

#include "service/service.hpp"
#include "util/json.hpp"

namespace jit::service {

/// What goes to a service that is not in this process, and what comes back: the JSON that a backend helper
/// (lib/backend/PROTOCOL.md) and the server's API share. Readers take foreign documents: they throw
/// util::Error naming the member that is missing or of another type, and pass over what they do not know.

/// {"context": {…}, "reason": "…"|null, "ticket": "…"|null, "wait": "15m"|null}
util::Json to_json(const NewRequest& request);
NewRequest new_request_from_json(const util::Json& json);

/// {"effect": "deny", "rules": ["…"], "message": "…"|null, "problem": "…"|null}, and where warnings made it
/// a denial "because": ["warnings: …"]
util::Json to_json(const NotAsked& not_asked);
NotAsked not_asked_from_json(const util::Json& json);

/// {"granted": true, "differences": ["…"], "request": {request document}}
util::Json to_json(const Claimed& claimed);
/// The same as it was read; whether it is a permit is for who knows what was asked to say.
struct ClaimReply {
  bool granted = false;
  std::vector<std::string> differences;
  approval::View view;  // not checked against anything
};
ClaimReply claim_reply_from_json(const util::Json& json);

/// "own_request" … the names of the kinds.
std::string to_text(Refusal::Kind kind);
/// An unknown name is `not_eligible`: a refusal all the same.
Refusal::Kind refusal_kind(const std::string& name);

}  // namespace jit::service
