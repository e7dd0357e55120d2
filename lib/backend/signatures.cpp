#include "backend/signatures.hpp"

#include <nlohmann/json.hpp>

#include "approval/binding.hpp"
#include "approval/quorum.hpp"
#include "backend/identity.hpp"
#include "context/document.hpp"
#include "policy/evaluate.hpp"
#include "service/review_signatures.hpp"
#include "util/error.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

namespace jit::backend {
namespace {

// A label that these policies give is what the reviewers must have seen, whatever the backend's policies say.
bool has_labels(const util::Json& context, const std::map<std::string, std::string>& labels) {
  const util::Json shown = context.value("labels", util::Json::object());
  for (const auto& [name, value] : labels) {
    if (!shown.is_object() || shown.value(name, util::Json()) != value) return false;
  }
  return true;
}

// What was signed is another action: one that the same rules ask about, by these policies.
util::Digest digest_of_same_rule(const policy::Set& policies, const approval::Request& request,
                                 const policy::Verdict& here) {
  context::Document shown(*request.context);
  const auto verdict = policy::evaluate(policies, shown, policy::Effect::ask);
  if (!(verdict.effect == policy::Effect::ask && verdict.rules == here.rules))
    throw util::Error("request " + request.id.brief() + " was approved for what other rules ask about");
  return approval::bound_digest(*request.context);
}

// Nobody but the backend says who the requester is to it; who runs this is known here.
bool is_met_by_others(const approval::Request& request, const policy::Requirement& requirement,
                      const policy::Roster& roster) {
  const approval::Actor me = this_process();
  return approval::is_met(requirement, approval::approvers(request, requirement, me), roster);
}

}  // namespace

void require_signatures(const policy::Set* policies, const approval::Request& request,
                        const util::Digest& digest, const policy::Verdict& here) {
  if (here.effect != policy::Effect::ask || !here.requirement.signatures) return;
  if (policies == nullptr) throw util::Error("signatures were to be verified without policies");
  const std::string name = "request " + request.id.brief();
  if (!has_labels(*request.context, here.labels))
    throw util::Error("the reviewers of " + name + " were not shown the labels that the policies here give",
                      "the backend's policies are others; make them the same");
  approval::Request judged = request;
  const bool by_rule = here.requirement.any_of_rule && request.requirement.any_of_rule;
  judged.digest = by_rule ? digest_of_same_rule(*policies, request, here) : digest;
  service::ReviewSignatures signatures(policies->signer_files());
  const auto faults = signatures.mark(judged, here.requirement, util::wall_clock());
  const auto roster = policies->groups().resolve(approval::groups_of(here.requirement));
  if (is_met_by_others(judged, here.requirement, roster)) return;
  throw util::Error("the backend granted " + name + ", but the valid signatures do not suffice" +
                        (faults.empty() ? "" : ": " + util::join(faults, "; ")),
                    "the policies here count only signed approvals: jit-approve show " + request.id.brief());
}

}  // namespace jit::backend
