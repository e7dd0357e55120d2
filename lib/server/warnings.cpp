#include "server/warnings.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "context/document.hpp"
#include "live/section.hpp"
#include "policy/fill_sources.hpp"
#include "server/input.hpp"

namespace jit::server {

std::shared_ptr<const util::Json> with_warnings(std::shared_ptr<util::Json> context, const std::string& user,
                                                const policy::Set& policies,
                                                const std::shared_ptr<const live::Answers>& answers) {
  if (!context->is_object()) return context;
  context->erase("warnings");
  if (policies.warning_sources().empty()) return context;
  (*context)["user"]["name"] = user;  // labels may be selected by it
  context::Document document(*context);
  const auto sources = policy::sources_for(policies, document);
  const bool were_asked = answers != nullptr;
  const bool lacks_one = std::any_of(sources.begin(), sources.end(), [&](const live::Source& source) {
    return were_asked && !answers->contains(source.definition());
  });
  // It was parked while other policies came: refused for what nobody asked yet, it could not be claimed
  // again.
  if (lacks_one)
    throw Bad{later(503, "unavailable", "the policies were loaded anew a moment ago", "try again")};
  (*context)["warnings"] = live::section(sources, answers ? *answers : live::Answers{});
  return context;
}

}  // namespace jit::server
