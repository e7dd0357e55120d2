#include "server/recovery.hpp"

#include <nlohmann/json.hpp>

#include "policy/policy_set.hpp"
#include "service/service.hpp"
#include "store/backup.hpp"
#include "store/sqlite_store.hpp"
#include "store/verify.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::server {

void record_token(store::Transaction& transaction, const std::string& actor, const char* type,
                  const store::Token& token) {
  const util::Json data = {{"token", token.id}, {"user", token.user}, {"scopes", token.scopes}};
  transaction.append({transaction.now(), actor, type, "", std::make_shared<const util::Json>(data)});
}

Ended end_what_was_open(store::Store& store, const std::string& actor, bool keep_tokens) {
  using approval::State;
  Ended ended;
  const auto none = policy::Set::none();
  service::Service service(store, none, policy::Effect::deny);
  store.write([&](store::Transaction& transaction) {
    // Each of them, by its own text: an index is only another column.
    for (const auto& id : store.find_prefix("", 0)) {
      const auto request = store.get(id);
      if (!request || (request->state != State::pending && request->state != State::approved)) continue;
      const auto changed = service.withdraw({actor, "", true}, id);
      if (std::holds_alternative<approval::View>(changed)) ++ended.requests;
    }
    for (store::Token token : store.list_tokens()) {
      if (keep_tokens || token.revoked_at) continue;
      token.revoked_at = transaction.now();
      transaction.put(token);
      record_token(transaction, actor, "token_revoked", token);
      ++ended.tokens;
    }
    transaction.append({transaction.now(), actor, "restored", "",
                        std::make_shared<const util::Json>(
                            util::Json{{"requests", ended.requests}, {"tokens", ended.tokens}})});
  });
  return ended;
}

Ended restore(const std::string& copy, const std::string& directory, const std::string& actor,
              bool keep_tokens) {
  const std::string staged = store::stage_copy(copy, directory);
  try {
    const auto store = store::open_sqlite(staged);
    const Ended ended = end_what_was_open(*store, actor, keep_tokens);
    if (const auto problem = store::verify(*store, std::nullopt).problem)
      throw util::Error("the trail of " + util::visible(copy) + " is not intact: " + *problem,
                        "use another copy");
    store::adopt_copy(directory);
    return ended;
  } catch (...) {
    store::drop_copy(directory);
    throw;
  }
}

}  // namespace jit::server
