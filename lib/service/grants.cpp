#include <utility>

#include "approval/binding.hpp"
#include "approval/claim.hpp"
#include "approval/quorum.hpp"
#include "service/review_signatures.hpp"
#include "service/service.hpp"

namespace jit::service {

using approval::Actor;
using approval::Request;
using approval::State;
using approval::View;

// An approval of before that would be granted now, as a claim will find again.
std::optional<View> Service::find_grant(const Actor& by, const Judged& judged) {
  const auto& required = judged.verdict.requirement;
  if (required.uses < 2 && !required.any_of_rule) return std::nullopt;
  ReviewSignatures signatures(m_policies.signer_files());
  for (View& view : list({.states = {State::approved}, .requester = by.name})) {
    Request& granted = view.request;
    if (granted.rules != judged.verdict.rules || granted.uses_left < 1) continue;
    if (required.signatures) signatures.mark(granted, required, m_store.now());
    auto groups = approval::groups_of(granted.requirement);
    groups.merge(approval::groups_of(required));
    const auto claim = approval::make_claim(granted, by, *judged.context, judged.verdict);
    if (approval::what_differs(granted, claim, m_policies.groups().resolve(groups), m_store.now()).empty())
      return std::move(view);
  }
  return std::nullopt;
}

}  // namespace jit::service
