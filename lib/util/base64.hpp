#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace jit::util {

/// Base64 with padding and without line breaks (RFC 4648, section 4).
std::string base64(std::string_view bytes);
/// nullopt for what is none: empty, with another character, or with padding that does not fit.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace jit::util
