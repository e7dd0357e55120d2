#include "cli/common/warnings.hpp"

#include <nlohmann/json.hpp>

#include "live/section.hpp"
#include "policy/fill_sources.hpp"

namespace jit::cli {

context::AskWarnings ask_warnings(const policy::Set& policies, std::shared_ptr<live::Probe> probe) {
  return [&policies, probe = std::move(probe)](context::Source& context) -> util::Json {
    const auto sources = policy::sources_for(policies, context);
    if (sources.empty()) return nullptr;
    return live::section(sources, probe->ask(sources));
  };
}

}  // namespace jit::cli
