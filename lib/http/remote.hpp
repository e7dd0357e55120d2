#pragma once
#include <optional>
#include <string>

#include "backend/rpc.hpp"
#include "http/transfers.hpp"

namespace jit::http {

/// The server's API (its OpenAPI document) as the calls of the helper protocol.

/// The request that a call makes; nullopt for a method that there is not.
std::optional<Exchange> exchange_of(const backend::rpc::Call& call);

/// The server as a person knows it, for what they are told.
struct Server {
  std::string url;
  std::string token_file;        // empty: no token is sent
  std::string no_token_in = {};  // where one would have been, without the setting; empty: nowhere
};

/// How long whoever looks for a server waits for one that is doubtful (Answer::is_doubtful).
constexpr util::Millis kForTheDoubtful{3000};

/// What an answer means to the one who called. Whatever is not what the API says is Code::unavailable: HTML
/// with 200, a redirect, another type.
backend::rpc::Outcome outcome_of(const backend::rpc::Call& call, const Answer& answer, const Server& server);

/// Why the one who called has to wait: the last try's answer; without one, that there is none.
std::string trouble_of(const std::optional<Answer>& last, const Server& server);

/// How long to wait before the same request may be sent again; nullopt when that would help nobody.
/// Retry-After is honoured, up to a minute.
std::optional<util::Millis> retry_after(const Answer& answer, int attempt);

}  // namespace jit::http
