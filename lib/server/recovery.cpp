#include "server/recovery.hpp"

#include <nlohmann/json.hpp>

#include "policy/policy_set.hpp"
#include "service/service.hpp"

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
    for (const auto& request : store.list({{State::pending, State::approved}, "", "", 0})) {
      const auto changed = service.withdraw({actor, "", true}, request.id);
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

}  // namespace jit::server
