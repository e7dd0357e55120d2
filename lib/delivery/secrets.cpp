#include "delivery/secrets.hpp"

#include <nlohmann/json.hpp>

#include "policy/channel_kinds.hpp"
#include "util/secret.hpp"

namespace jit::delivery {

notify::Secrets read_secrets(const util::Json& settings, const std::string& readers) {
  notify::Secrets secrets;
  for (const auto& [name, file] : policy::secret_files(settings))
    secrets[name] = util::read_secret(file, readers);
  return secrets;
}

}  // namespace jit::delivery
