#pragma once
#include <string>
#include <vector>

#include "util/json.hpp"

namespace jit::context {

/// What of a context's `preview` an approval is bound to: all of it but the lines that the rules ignore. The
/// lines that count are bound as they are shown, so that whoever shows others is found out by the digest.
util::Json bound_previews(const util::Json& previews);

/// What differs between two such, in words: "preview of rule x: exit was 0, is 1", and what differs in the
/// output, a line each. Made visible, and cut.
void compare_previews(const util::Json& approved, const util::Json& now, std::vector<std::string>& words);

}  // namespace jit::context
