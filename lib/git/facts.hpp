#pragma once
#include <string>

#include "util/json.hpp"

namespace jit::git {

/// Describes the work tree that holds `directory`, as section "git" of a context: root, remote (credentials
/// redacted), branch (null when detached or unborn), commit, tag, dirty, changes, subject, author, refs,
/// config. `null` outside a work tree; a single value that cannot be told is null, never guessed. Nothing
/// that the repository configures is executed, and nothing of the environment (GIT_*) is read. Bytes that are
/// not UTF-8 are escaped as \xNN, with their hex in "raw" (name → hex). May block on hostile repositories:
/// the caller bounds its time. Throws Error when the repository cannot be read.
util::Json facts(const std::string& directory);

}  // namespace jit::git
