#include "approval/subjects.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "context/source.hpp"
#include "util/digest.hpp"

namespace jit::approval {

std::string command_fingerprint(const util::Json& context) {
  const util::Json* argv = context::find_in(context, "command.argv");
  return argv == nullptr || !argv->is_array() ? "" : util::sha256(argv->dump());
}

std::vector<std::string> system_names(const util::Json& context) {
  std::vector<std::string> names;
  const util::Json* systems = context::find_in(context, "systems");
  if (systems == nullptr || !systems->is_array()) return names;
  for (const auto& system : *systems) {
    const util::Json* name = context::find_in(system, "name");
    if (name == nullptr || !name->is_string()) continue;
    if (std::find(names.begin(), names.end(), *name) == names.end())
      names.push_back(name->get<std::string>());
  }
  return names;
}

}  // namespace jit::approval
