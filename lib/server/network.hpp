#pragma once
#include <functional>
#include <string>
#include <vector>

#include "policy/policy_set.hpp"
#include "server/settings.hpp"
#include "util/error.hpp"

namespace jit::server {

/// What serving needs besides the settings.
struct World {
  std::function<policy::Set()> load_policies;
  /// Changes when the policies' files do; asked now and then.
  std::function<std::string()> policies_stamp;
  /// Hands a line (service/errand.hpp) to jit-notify; false when that cannot be done now.
  std::function<bool(const std::string&)> send_errand;
};

/// What stands in the way of serving, and what it would warn of.
struct Findings {
  std::vector<util::UsageError> problems;
  std::vector<std::string> warnings;
};
/// Looks at certificates, addresses and what this process may have, as far as can be told without serving.
Findings check(const Settings& settings);

/// Listens and answers until SIGTERM or SIGINT; SIGHUP loads policies and certificates anew. Those who wait
/// are answered when it stops, and ask again elsewhere or later. Throws UsageError for what cannot be
/// listened on.
void serve(const Settings& settings, const World& world);

}  // namespace jit::server
