#pragma once
#include <optional>
#include <string>

#include "backend/rpc.hpp"
#include "http/transfers.hpp"

namespace jit::http {

/// The server's API (its OpenAPI document) as the calls of the helper protocol.

/// The request that a call makes; nullopt for a method that there is not.
std::optional<Exchange> exchange_of(const backend::rpc::Call& call);

/// What an answer means to the one who called. Whatever is not what the API says is Code::unavailable: HTML
/// with 200, a redirect, another type.
backend::rpc::Outcome outcome_of(const backend::rpc::Call& call, const Answer& answer);

/// How long to wait before the same request may be sent again; nullopt when that would help nobody.
/// Retry-After is honoured, up to a minute.
std::optional<util::Millis> retry_after(const Answer& answer, int attempt);

}  // namespace jit::http
