#pragma once
#include <string_view>

#include "context/redact.hpp"

namespace jit::context {

/// How far a secret may go.
enum class Extent {
  whole,  // where the word is a plain argument: to the end of the word
  word,   // where a shell may read it: to white space, a quote or an operator
};
/// True for what ends a secret in Extent::word.
bool ends_secret(char c);

/// Whether what a name stands for is a secret. `option`: of a command line, where a "key" mostly is the name
/// of a file.
bool is_secret_name(std::string_view name, bool option);

/// The secrets that one word or value shows by itself: NAME=SECRET, user:SECRET@host, headers, token formats,
/// PEM. `quotes_open` tells, in and out, that a quote of an earlier word is not closed: then no quote here
/// can be trusted.
Redaction redact_text(std::string_view text, Extent extent, bool& quotes_open);

}  // namespace jit::context
