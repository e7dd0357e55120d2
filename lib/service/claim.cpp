#include "approval/claim.hpp"

#include <nlohmann/json.hpp>

#include "approval/binding.hpp"
#include "approval/quorum.hpp"
#include "live/section.hpp"
#include "policy/preview.hpp"
#include "service/service.hpp"

namespace jit::service {

using approval::Actor;
using approval::Request;
using approval::RequestId;
using approval::Transition;
using policy::Effect;

std::variant<Claimed, Refusal, NoSuchRequest> Service::claim(const Actor& by, const RequestId& id,
                                                             const std::shared_ptr<const util::Json>& context,
                                                             const policy::Verdict* here) {
  if (!m_policies.reads("activity")) return claim_now(by, id, context, here);
  // Of two that start at once, one must see the other.
  std::variant<Claimed, Refusal, NoSuchRequest> result = NoSuchRequest{};
  m_store.write([&](store::Transaction&) { result = claim_now(by, id, context, here); });
  return result;
}

std::variant<Claimed, Refusal, NoSuchRequest> Service::claim_now(
    const Actor& by, const RequestId& id, const std::shared_ptr<const util::Json>& context,
    const policy::Verdict* here) {
  auto request = m_store.get(id);
  if (!request) return NoSuchRequest{};
  Judged judged = judge(by, context, id);
  if (here != nullptr) judged.verdict = policy::combine(judged.verdict, *here);
  approval::Claim claim = approval::make_claim(*request, by, *judged.context, judged.verdict);
  claim.news = live::news(warnings_of(request->context), warnings_of(judged.context));
  if (judged.verdict.effect == Effect::ask) {
    auto problem = missing_condition(judged.verdict, request->reason, request->ticket);
    if (!problem.empty()) claim.differences.push_back(std::move(problem));
    if (lacks_input(judged.verdict, *judged.context))
      claim.differences.emplace_back("standard input is not bound, and the rules now want it: --bind-stdin");
    // Mostly it has been said, with what differs.
    auto unseen = policy::preview_problem(judged.verdict.requirement.previews, *judged.context);
    if (!unseen.empty() && claim.differences.empty()) claim.differences.push_back(std::move(unseen));
  }
  auto groups = approval::groups_of(request->requirement);
  groups.merge(approval::groups_of(judged.verdict.requirement));
  const auto roster = m_policies.groups().resolve(groups);
  ReviewSignatures signatures(m_policies.signer_files());
  const bool only_signed = judged.verdict.effect == Effect::ask && judged.verdict.requirement.signatures;
  if (only_signed) {
    auto faults = signatures.mark(*request, judged.verdict.requirement, evidence_time());
    const auto people = approval::approvers(*request, judged.verdict.requirement, by);
    // One that is not needed need not count.
    if (!approval::is_met(judged.verdict.requirement, people, roster))
      claim.differences.insert(claim.differences.end(), faults.begin(), faults.end());
  }
  const Signed checked{signatures, judged.verdict.requirement};

  auto result = apply(id, claim, roster, only_signed ? &checked : nullptr);
  if (auto* refusal = std::get_if<Refusal>(&result)) return std::move(*refusal);
  const auto* transition = std::get_if<Transition>(&result);
  if (transition == nullptr) return NoSuchRequest{};
  Request started = transition->request;
  started.context = request->context;
  Claimed claimed{
      approval::view_of(started, roster), approval::Permit::from_claim(*transition, id, claim.digest), {}};
  if (!claimed.permit)
    claimed.differences = transition->data->at("differences").get<std::vector<std::string>>();
  return claimed;
}

}  // namespace jit::service
