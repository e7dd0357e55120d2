#include "server/caller.hpp"

#include <algorithm>
#include <array>

#include "util/digest.hpp"
#include "util/text.hpp"
#include "util/time.hpp"
#include "util/user.hpp"

namespace jit::server {
namespace {

constexpr std::string_view kPrefix = "jit_";  // so that scanners find one that was committed
constexpr std::size_t kBytes = 32;

struct Name {
  Scope scope;
  const char* text;
};
constexpr std::array kNames{Name{Scope::request, "request"}, Name{Scope::review, "review"},
                            Name{Scope::audit, "audit"}};

bool is_scheme(std::string_view text) {  // RFC 9110: a scheme's case means nothing
  constexpr std::string_view kBearer = "bearer ";
  return text.size() > kBearer.size() &&
         std::equal(kBearer.begin(), kBearer.end(), text.begin(), [](char expected, char c) {
           return expected == (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
         });
}

}  // namespace

std::string to_text(Scope scope) {
  for (const Name& name : kNames) {
    if (name.scope == scope) return name.text;
  }
  return "";
}

std::optional<Scope> parse_scope(const std::string& text) {
  for (const Name& name : kNames) {
    if (text == name.text) return name.scope;
  }
  return std::nullopt;
}

std::optional<Caller> local_caller(uid_t uid, std::optional<uid_t> login) {
  if (uid == util::overflow_uid()) return std::nullopt;
  return Caller{{util::user_name(uid), login ? util::user_name(*login) : "", uid == 0},
                {Scope::request, Scope::review, Scope::audit},
                uid};
}

std::string new_token() {
  return std::string(kPrefix) + util::hex(util::random_bytes(kBytes));
}

std::string token_hash(const std::string& token) {
  return util::sha256(token);
}

std::variant<Caller, Nobody> bearer(store::Store& store, const std::string& authorization) {
  if (!is_scheme(authorization)) return Nobody{"the header Authorization is not of the form: Bearer TOKEN"};
  const std::string token = authorization.substr(authorization.find(' ') + 1);
  if (!token.starts_with(kPrefix) || token.size() != kPrefix.size() + 2 * kBytes)
    return Nobody{"this is no token of a jit-server: it begins with jit_ and has 68 characters"};
  // Found by its hash: how long that takes says nothing about a token.
  const auto kept = store.find_token(token_hash(token));
  if (!kept) return Nobody{"this token is unknown here"};
  if (kept->revoked_at)
    return Nobody{"this token (" + kept->id + ") was revoked at " + util::to_rfc3339(*kept->revoked_at)};
  if (kept->expires_at && *kept->expires_at <= store.now())
    return Nobody{"this token (" + kept->id + ") expired at " + util::to_rfc3339(*kept->expires_at)};
  Caller caller{{kept->user, "", false}, {}};
  for (const std::string& name : kept->scopes) {
    if (const auto scope = parse_scope(name)) caller.scopes.insert(*scope);
  }
  return caller;
}

}  // namespace jit::server
