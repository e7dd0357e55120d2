#pragma once
#include <optional>
#include <string>
#include <vector>

#include "util/time.hpp"

namespace jit::store {

/// A bearer token of a server (RFC 6750), as it is kept: nothing here lets anybody in.
struct Token {
  std::string id;    // what people call it by
  std::string hash;  // SHA-256 of the token, in hexadecimal
  std::string user;
  std::vector<std::string> scopes;  // "request", "review", "audit"
  util::Time created_at;
  std::optional<util::Time> expires_at, revoked_at;
};

/// What was answered to somebody's request with this Idempotency-Key.
struct Reply {
  std::string actor, key;
  std::string asked;   // SHA-256 of what was asked: the same key for something else is a mistake
  std::string answer;  // JSON
};

}  // namespace jit::store
