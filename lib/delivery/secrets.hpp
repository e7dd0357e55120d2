#pragma once
#include "notify/channel.hpp"

namespace jit::delivery {

/// What the files hold that a channel names with `…_file`. Throws Error, without a word of what is in them,
/// for one that is missing, not to be trusted, readable by everybody, or not one line of printable ASCII.
/// `readers` as of util::read_secret.
notify::Secrets read_secrets(const util::Json& settings, const std::string& readers);

}  // namespace jit::delivery
