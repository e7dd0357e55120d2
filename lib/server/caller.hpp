#pragma once
#include <sys/types.h>

#include <optional>
#include <set>
#include <string>
#include <variant>

#include "approval/request.hpp"
#include "store/store.hpp"

namespace jit::server {

/// What a token may be good for.
enum class Scope { request, review, audit };
std::string to_text(Scope scope);
std::optional<Scope> parse_scope(const std::string& text);

/// Who sent a request, as this server authenticated it.
struct Caller {
  approval::Actor actor;
  std::set<Scope> scopes;
  /// By the kernel's word, on a Unix socket.
  std::optional<uid_t> uid{};

  bool may(Scope scope) const { return scopes.contains(scope); }
  /// Somebody who only asks sees only what is their own.
  bool sees_all() const { return may(Scope::review) || may(Scope::audit); }
};

/// A user of this machine, by the kernel's word on who is at the other end of a Unix socket: all scopes.
/// `login`: whom the session logged in as; nobody reviews their own as somebody else. nullopt for a uid that
/// stands for many: what the kernel says of users that this namespace does not know.
std::optional<Caller> local_caller(uid_t uid, std::optional<uid_t> login);

/// A new token: 256 random bits as text, which is shown once.
std::string new_token();
/// What is kept of it.
std::string token_hash(const std::string& token);
/// Why a request is nobody's. Only who holds a token is told that it has ended.
struct Nobody {
  std::string why;
};
/// Whom the header "Authorization: Bearer TOKEN" names.
std::variant<Caller, Nobody> bearer(store::Store& store, const std::string& authorization);

}  // namespace jit::server
