#pragma once
#include <string>
#include <string_view>

namespace jit::git {

/// A remote's URL without what lets somebody in: `user:SECRET@`, a token in place of the user, and the query.
std::string redact_url(std::string_view url);

}  // namespace jit::git
