#pragma once
#include <string>
#include <vector>

#include "policy/policy_set.hpp"
#include "server/slack_settings.hpp"

namespace jit::cli::server {

/// Which channels of the policies tell nobody, and why: secrets that cannot be had by this user, who serves
/// the store in this directory. Nothing of what is in them.
std::vector<std::string> warn_of_channels(const policy::Set& policies, const std::string& store);

/// What keeps people from deciding by Slack, as the policies are.
std::vector<std::string> warn_of_slack(const policy::Set& policies, const jit::server::SlackSettings& slack);

}  // namespace jit::cli::server
