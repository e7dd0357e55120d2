#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/common/common.hpp"
#include "cli/common/people.hpp"
#include "cli/server/commands.hpp"
#include "policy/policy_set.hpp"
#include "server/api.hpp"
#include "server/recovery.hpp"
#include "store/place.hpp"
#include "store/sqlite_store.hpp"
#include "terminal/table.hpp"
#include "util/error.hpp"
#include "util/text.hpp"
#include "util/time.hpp"
#include "util/user.hpp"

namespace jit::cli::server {

using util::Json;

namespace {

// Where there are no policies here nothing is known.
void look_who_it_is(const Options& options) {
  try {
    warn_of_stranger("jit-server", policy::Set::load(options.settings.policies, {}), options.user);
  } catch (const util::Error&) {  // NOLINT(bugprone-empty-catch): `check` says what is wrong with them
  }
}

}  // namespace

std::string this_user() {
  return util::user_name(::getuid());
}

int create_token(const Options& options) {
  for (const std::string& scope : options.scopes) {
    if (!jit::server::parse_scope(scope))
      throw util::UsageError("--scope: \"" + scope + "\" is none", "request, review or audit");
  }
  const bool is_name = !options.user.empty() && options.user.size() <= 64 &&
                       options.user.find_first_not_of(
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                           "._@-") == std::string::npos;
  if (!is_name)
    throw util::UsageError("--user: \"" + options.user + "\" is no name of a user",
                           "up to 64 letters, digits, '.', '_', '@' and '-'");
  const auto lifetime = util::parse_duration(options.expires);
  if (!lifetime || lifetime->count() <= 0)
    throw util::UsageError("--expires: \"" + options.expires + "\" is no duration",
                           "in days, hours or minutes: 365d, 90d, 12h");
  const std::string token = jit::server::new_token();
  const std::string hash = jit::server::token_hash(token);
  const bool is_new = !store::has_store(options.settings.store);
  store::open_sqlite(options.settings.store)->write([&](store::Transaction& transaction) {
    const store::Token kept{hash.substr(0, 12), hash,
                            options.user,       options.scopes,
                            transaction.now(),  transaction.now() + *lifetime,
                            std::nullopt};
    transaction.put(kept);
    jit::server::record_token(transaction, this_user(), "token_created", kept);
  });
  look_who_it_is(options);
  if (is_new)
    say("jit-server", "there was no store in " + util::visible(options.settings.store) +
                          ": it was made; is the path right?");
  std::cout << token << "\n";
  say("jit-server", "token " + hash.substr(0, 12) + " of " + options.user +
                        ": this is the only time that it is shown. Keep it in a file of mode 0600, and "
                        "name that in token_file");
  return EXIT_SUCCESS;
}

namespace {

Json text_or_null(const std::optional<util::Time>& time) {
  return time ? Json(util::to_rfc3339(*time)) : Json();
}

Json json_of(const std::vector<store::Token>& tokens) {
  Json list = Json::array();
  for (const store::Token& token : tokens) {
    list.push_back({{"id", token.id},
                    {"user", token.user},
                    {"scopes", token.scopes},
                    {"created_at", util::to_rfc3339(token.created_at)},
                    {"expires_at", text_or_null(token.expires_at)},
                    {"revoked_at", text_or_null(token.revoked_at)}});
  }
  return list;
}

std::string end_of(const store::Token& token, util::Time now) {
  if (token.revoked_at) return "revoked " + util::to_rfc3339(*token.revoked_at);
  if (!token.expires_at) return "good for ever";
  return (*token.expires_at <= now ? "expired " : "until   ") + util::to_rfc3339(*token.expires_at);
}

}  // namespace

int list_tokens(const Options& options) {
  const auto tokens = store::open_sqlite(options.settings.store, store::Access::read_only)->list_tokens();
  if (options.json) {
    std::cout << util::pretty_json(json_of(tokens)) << "\n";
    return EXIT_SUCCESS;
  }
  if (tokens.empty()) {
    say("jit-server", "no tokens", "jit-server token create --help");
    return EXIT_SUCCESS;
  }
  std::vector<std::vector<std::string>> rows{{"ID", "USER", "SCOPES", "STATE"}};
  for (const store::Token& token : tokens)
    rows.push_back({token.id, token.user, util::join(token.scopes, ","), end_of(token, util::wall_clock())});
  std::cout << terminal::table(rows);
  return EXIT_SUCCESS;
}

int revoke_token(const Options& options) {
  const auto store = store::open_sqlite(options.settings.store);
  for (store::Token token : store->list_tokens()) {
    if (token.id != options.token) continue;
    if (token.revoked_at) {
      say("jit-server", "token " + token.id + " of " + util::visible(token.user) + " was revoked at " +
                            util::to_rfc3339(*token.revoked_at) + " already");
      return EXIT_SUCCESS;
    }
    store->write([&](store::Transaction& transaction) {
      token.revoked_at = transaction.now();
      transaction.put(token);
      jit::server::record_token(transaction, this_user(), "token_revoked", token);
    });
    say("jit-server", "token " + token.id + " of " + util::visible(token.user) + " is revoked");
    return EXIT_SUCCESS;
  }
  throw util::UsageError("there is no token " + util::visible(options.token), "jit-server token list");
}

}  // namespace jit::cli::server
