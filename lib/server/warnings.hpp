#pragma once
#include <memory>
#include <string>

#include "live/source.hpp"
#include "policy/policy_set.hpp"
#include "util/json.hpp"

namespace jit::server {

/// The context of a client with the warnings that this server knows of; its own word for them counts for
/// nothing. `answers`: what the policies' sources say; null where they were not asked, and nothing is known
/// of any. Throws Bad (503) where others were asked than those of these policies.
std::shared_ptr<const util::Json> with_warnings(std::shared_ptr<util::Json> context, const std::string& user,
                                                const policy::Set& policies,
                                                const std::shared_ptr<const live::Answers>& answers);

}  // namespace jit::server
