#include "delivery/secrets.hpp"

#include <nlohmann/json.hpp>

#include "transfer/secret.hpp"

namespace jit::delivery {
namespace {

constexpr std::string_view kEnding = "_file";

}  // namespace

notify::Secrets read_secrets(const util::Json& settings) {
  notify::Secrets secrets;
  for (const auto& [key, value] : settings.items()) {
    // Certificates of authorities are no secret.
    if (!key.ends_with(kEnding) || key == "ca_file" || !value.is_string()) continue;
    secrets[key.substr(0, key.size() - kEnding.size())] = transfer::read_secret(value.get<std::string>());
  }
  return secrets;
}

}  // namespace jit::delivery
