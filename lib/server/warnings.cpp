#include "server/warnings.hpp"

#include <nlohmann/json.hpp>

#include "context/document.hpp"
#include "live/section.hpp"
#include "policy/fill_sources.hpp"

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
  (*context)["warnings"] = live::section(sources, answers ? *answers : live::Answers{});
  return context;
}

}  // namespace jit::server
