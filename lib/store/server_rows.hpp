#pragma once
#include <optional>
#include <string>
#include <vector>

#include "store/database.hpp"
#include "store/token.hpp"

namespace jit::store {

/// The tables that only a server needs. Nothing here begins or ends a transaction.

std::optional<Token> find_token(Database& database, const std::string& hash);
std::vector<Token> list_tokens(Database& database);
/// Makes it, or replaces the one with its id.
void put_token(Database& database, const Token& token);

std::optional<Reply> find_reply(Database& database, const std::string& actor, const std::string& key);
/// Keeps it for a day; a few that are older go.
void keep_reply(Database& database, const Reply& reply, util::Time now);

}  // namespace jit::store
