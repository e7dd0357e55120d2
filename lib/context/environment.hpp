#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "context/unsafe_env.hpp"
#include "util/json.hpp"

namespace jit::context {

/// A name as a key of a document that is hashed: ASCII, other bytes as `\xNN`.
std::string key_text(std::string_view name);

/// Whether a variable may differ between the asking and the running without its being another action: it
/// tells of the terminal, the login, the prompt or the CI job, and chooses nothing that a command does.
bool is_volatile_variable(std::string_view name);

/// Section "command.environment": {"fingerprint": "…", "variables": {"HOME": "1a2b3c4d", …}}. It binds every
/// variable that is not volatile, known here or not, and shows no value: the fingerprint is salted with the
/// user's key; what stands beside a name is short, and only there to name what differs.
util::Json environment_section(const std::string& secret_key, const std::vector<Variable>& variables);

/// What differs between two such sections, in words.
std::vector<std::string> environment_differences(const util::Json& before, const util::Json& now);

}  // namespace jit::context
