#pragma once
#include <cstddef>
#include <string>

#include "store/store.hpp"

namespace jit::server {

struct Ended {
  std::size_t requests = 0, tokens = 0;
};

/// For a store that was restored. Nobody knows what has happened since the copy was made: an approval in it
/// may have been used, a token revoked. So every request that is open is withdrawn, and every token ends
/// unless they are to be kept; all of it in the trail as done by `actor`.
Ended end_what_was_open(store::Store& store, const std::string& actor, bool keep_tokens);
/// Makes a store of a copy (see store/backup.hpp) in `directory`, all of that done to it and its trail
/// verified before anybody can use it. Throws Error; then there is no store.
Ended restore(const std::string& copy, const std::string& directory, const std::string& actor,
              bool keep_tokens);

/// Makes an audit entry of a token: "token_created", "token_revoked".
void record_token(store::Transaction& transaction, const std::string& actor, const char* type,
                  const store::Token& token);

}  // namespace jit::server
