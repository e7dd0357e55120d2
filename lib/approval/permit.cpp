#include "approval/permit.hpp"

#include <nlohmann/json.hpp>

// Part of the statically linked jit-run: nothing here may need the system's cryptography or name service.

namespace jit::approval {

std::optional<Permit> Permit::from_verdict(const policy::Verdict& verdict) {
  if (verdict.effect == policy::Effect::allow) return Permit();
  return std::nullopt;
}

std::optional<Permit> Permit::from_claim(const Transition& claimed, const RequestId& id,
                                         const util::Digest& digest) {
  const bool is_this = claimed.data && claimed.data->value("digest", util::Json()) == digest.text();
  return from_backend(claimed.type == "claim" && is_this, claimed.request, id, digest,
                      claimed.request.requirement.any_of_rule);
}

std::optional<Permit> Permit::from_backend(bool granted, const Request& request, const RequestId& id,
                                           const util::Digest& digest, bool for_any_of_rule) {
  const bool may_run =
      request.state == State::started || (request.state == State::approved && request.uses_left > 0);
  if (granted && may_run && request.id == id && (request.digest == digest || for_any_of_rule))
    return Permit();
  return std::nullopt;
}

std::optional<Permit> Permit::by_break_glass(const Request& request) {
  if (request.state == State::started && request.review_by && request.reviews.empty()) return Permit();
  return std::nullopt;
}

}  // namespace jit::approval
