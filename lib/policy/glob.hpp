#pragma once
#include <string>
#include <string_view>

namespace jit::policy {

/// Whether a glob matches all of `text`: `*` any characters (also none, also spaces and slashes), `?` one
/// character,
/// `[a-z]` one of these, `[!a-z]` one of no such. Characters are code points; upper and lower case differ. A
/// `]` that comes first in the brackets stands for itself, and so do `*`, `?` and `[` inside them. There is
/// no escape character.
bool glob_matches(std::string_view pattern, std::string_view text);

/// What is wrong with a glob; empty when it is one.
std::string glob_problem(std::string_view pattern);

/// Whether it matches nothing but itself.
bool is_literal(std::string_view pattern);

}  // namespace jit::policy
