#include "store/server_rows.hpp"

#include <nlohmann/json.hpp>

#include "util/error.hpp"
#include "util/json.hpp"

namespace jit::store {
namespace {

constexpr const char* kColumns =
    "SELECT id, hash, user, scopes, created_at, expires_at, revoked_at FROM tokens";
constexpr std::size_t kLongestScopes = 4096;

std::int64_t milliseconds(util::Time time) {
  return time.time_since_epoch().count();
}

std::optional<std::int64_t> milliseconds(const std::optional<util::Time>& time) {
  return time ? std::optional(milliseconds(*time)) : std::nullopt;
}

std::optional<util::Time> time_at(const Query& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(util::Time{util::Millis{row.integer(column)}});
}

Token token_of(const Query& row) {
  Token token;
  token.id = row.text(0);
  token.hash = row.text(1);
  token.user = row.text(2);
  const util::Json scopes = util::parse_json(row.text(3), "a token's scopes", kLongestScopes);
  for (const util::Json& scope : scopes)
    token.scopes.push_back(scope.is_string() ? scope.get<std::string>() : "");
  token.created_at = util::Time{util::Millis{row.integer(4)}};
  token.expires_at = time_at(row, 5);
  token.revoked_at = time_at(row, 6);
  return token;
}

}  // namespace

std::optional<Token> find_token(Database& database, const std::string& hash) {
  static const std::string kSql = std::string(kColumns) + " WHERE hash = ?1";
  Query query(database, kSql.c_str(), hash);
  return query.next() ? std::optional(token_of(query)) : std::nullopt;
}

std::vector<Token> list_tokens(Database& database) {
  static const std::string kSql = std::string(kColumns) + " ORDER BY created_at, id";
  Query query(database, kSql.c_str());
  std::vector<Token> tokens;
  while (query.next()) tokens.push_back(token_of(query));
  return tokens;
}

void put_token(Database& database, const Token& token) {
  Query(database,
        "INSERT INTO tokens (id, hash, user, scopes, created_at, expires_at, revoked_at) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET revoked_at = excluded.revoked_at",
        token.id, token.hash, token.user, util::compact_json(util::Json(token.scopes)),
        milliseconds(token.created_at), milliseconds(token.expires_at), milliseconds(token.revoked_at))
      .run();
}

std::optional<Reply> find_reply(Database& database, const std::string& actor, const std::string& key) {
  Query query(database, "SELECT asked, answer FROM replies WHERE actor = ?1 AND key = ?2", actor, key);
  if (!query.next()) return std::nullopt;
  return Reply{actor, key, std::string(query.text(0)), std::string(query.text(1))};
}

void keep_reply(Database& database, const Reply& reply, util::Time now) {
  Query(database,
        "DELETE FROM replies WHERE rowid IN (SELECT rowid FROM replies WHERE made_at < ?1 ORDER BY made_at "
        "LIMIT 10)",
        milliseconds(now - std::chrono::hours(24)))
      .run();
  Query(database, "INSERT INTO replies (actor, key, asked, answer, made_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        reply.actor, reply.key, reply.asked, reply.answer, milliseconds(now))
      .run();
}

}  // namespace jit::store
