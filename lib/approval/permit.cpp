#include "approval/permit.hpp"

// Part of the statically linked jit-run: nothing here may need the system's cryptography or name service.

namespace jit::approval {

std::optional<Permit> Permit::from_verdict(const policy::Verdict& verdict) {
  if (verdict.effect == policy::Effect::allow) return Permit();
  return std::nullopt;
}

std::optional<Permit> Permit::from_claim(const Transition& claimed, const RequestId& id,
                                         const util::Digest& digest) {
  const Request& request = claimed.request;
  const bool granted =
      claimed.type == "claim" &&
      (request.state == State::started || (request.state == State::approved && request.uses_left > 0));
  if (granted && request.id == id && request.digest == digest) return Permit();
  return std::nullopt;
}

}  // namespace jit::approval
