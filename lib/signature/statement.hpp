#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "util/time.hpp"

namespace jit::signature {

/// What signatures of reviews are made for and what nothing else is: one for git, say, approves nothing.
inline constexpr std::string_view kNamespace = "jit-run-review";

/// What a reviewer signs.
struct Statement {
  std::string request;   // the whole id: a signature is good for this one request
  std::string digest;    // of the action that was shown
  std::string verdict;   // "approve"
  std::string reviewer;  // the name that the backend knows the signer by
  util::Time at;         // the signer's word: it says how old an approval is, never whether a key was valid
  std::string message;
  std::string server;  // where the reviewer saw the request
  /// Where an approval covers whatever these rules ask about, and not this action alone: their names.
  std::vector<std::string> rules{};
};

/// Canonical JSON (RFC 8785) of {"v": 1} and the above: the bytes that are signed. With `rules` it is
/// {"v": 2, "scope": "rule"} and the above, so that neither is ever taken for the other. Throws Error for a
/// text that is not UTF-8.
std::string to_text(const Statement& statement);

}  // namespace jit::signature
