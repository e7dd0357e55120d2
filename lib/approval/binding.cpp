#include "approval/binding.hpp"

#include <nlohmann/json.hpp>

#include "approval/quorum.hpp"
#include "context/action.hpp"

namespace jit::approval {
namespace {

std::string line_of(const util::Json& context) {
  const auto command = context.find("command");
  if (command == context.end() || !command->is_object()) return "";
  const auto line = command->find("line");
  return line != command->end() && line->is_string() ? line->get<std::string>() : "";
}

}  // namespace

std::shared_ptr<const util::Json> labelled(const util::Json& context,
                                           const std::map<std::string, std::string>& labels) {
  auto with_labels = std::make_shared<util::Json>(context);
  for (const auto& [key, value] : labels) (*with_labels)["labels"][key] = value;
  return with_labels;
}

util::Digest bound_digest(const util::Json& context) {
  return context::digest_of(context);
}

Claim make_claim(const Request& request, const Actor& by, const util::Json& context,
                 const policy::Verdict& verdict) {
  Claim claim{by, bound_digest(context), {}, verdict};
  claim.line = line_of(context);
  if (covers_by_rule(request, verdict)) return claim;  // there is nothing to compare it with
  if (!(claim.digest == request.digest) && request.context) {
    claim.differences = context::differences(*request.context, context);
  }
  for (auto& words : context::not_comparable(context)) claim.differences.push_back(std::move(words));
  return claim;
}

}  // namespace jit::approval
