#pragma once
#include <string>
#include <vector>

#include "util/digest.hpp"
#include "util/json.hpp"

namespace jit::context {

/// The part of a context that an approval is bound to: command (without what is derived from argv: line,
/// subcommand, options), user.name and user.uid, host.name, git, env, unsafe_env, labels, raw, and preview
/// without the lines that its rules ignore. Not: session, time, warnings, activity.
util::Json action_of(const util::Json& context);

/// SHA-256 of the action's canonical JSON.
util::Digest digest_of(const util::Json& context);

/// Every difference between what was approved and what would run now, in words: "git.commit was 1a2b…, is
/// 9f8e…". Values are made visible and cut (with "…"). Empty when the digests are equal.
std::vector<std::string> differences(const util::Json& approved, const util::Json& now);

/// What of this context was not known in time and may be anything by now, in words; never taken for equal.
std::vector<std::string> not_comparable(const util::Json& now);

}  // namespace jit::context
