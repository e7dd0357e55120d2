#include "approval/binding.hpp"

#include <nlohmann/json.hpp>

#include "approval/quorum.hpp"
#include "context/action.hpp"
#include "context/source.hpp"

namespace jit::approval {
std::shared_ptr<const util::Json> labelled(const util::Json& context,
                                           const std::map<std::string, std::string>& labels) {
  auto with_labels = std::make_shared<util::Json>(context);
  for (const auto& [key, value] : labels) (*with_labels)["labels"][key] = value;
  return with_labels;
}

std::shared_ptr<const util::Json> labelled(const util::Json& context, const policy::Verdict& verdict) {
  auto with_labels = std::make_shared<util::Json>(*labelled(context, verdict.labels));
  for (const char* derived : {"systems", "overridden_labels"}) with_labels->erase(derived);
  if (!verdict.systems.empty()) (*with_labels)["systems"] = policy::to_json(verdict.systems);
  for (const auto& [label, value] : verdict.labels) {
    const auto* given = context::find_in(context, "labels." + label);
    if (given != nullptr && *given != value) (*with_labels)["overridden_labels"][label] = *given;
  }
  return with_labels;
}

util::Digest bound_digest(const util::Json& context) {
  return context::digest_of(context);
}

util::Digest shown_digest(const util::Json& context) {
  return util::Digest::of(util::compact_json(context));
}

Claim make_claim(const Request& request, const Actor& by, const util::Json& context,
                 const policy::Verdict& verdict) {
  Claim claim{by, bound_digest(context), {}, verdict};
  if (const auto* line = context::find_in(context, "command.line"); line != nullptr && line->is_string())
    claim.line = line->get<std::string>();
  if (covers_by_rule(request, verdict)) return claim;  // there is nothing to compare it with
  if (!(claim.digest == request.digest) && request.context) {
    claim.differences = context::differences(*request.context, context);
  }
  for (auto& words : context::not_comparable(context)) claim.differences.push_back(std::move(words));
  return claim;
}

}  // namespace jit::approval
