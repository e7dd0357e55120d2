#pragma once
#include <string>
#include <vector>

namespace jit::context {

/// The lines of a text with the bodies of private keys in them (PEM, RFC 7468, and of OpenPGP) replaced by
/// `[redacted]`, also where each line stands behind a margin, as in a diff. What else is on these lines, and
/// what is shorter than a line of a key, stays: nothing is hidden behind the beginning of a key that could be
/// a command.
std::vector<std::string> without_keys(std::vector<std::string> lines);

}  // namespace jit::context
