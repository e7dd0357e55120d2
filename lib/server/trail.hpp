#pragma once
#include <string>

#include "server/message.hpp"
#include "store/store.hpp"

namespace jit::server {

/// A page of the audit trail. It is made of a bounded number of entries, whether they are wanted or not, so
/// that nobody's search holds up who waits for a decision: a page may be empty and still have a next one.
Reply audit_page(store::Store& store, const Target& target);

/// Of the reply to GET /v1/events, whose body is all events since the one that was known: the last one, for
/// the next time.
constexpr const char* kLastEvent = "Last-Event-ID";

/// What has changed since an event, as server-sent events are written (WHATWG HTML, 9.2).
Reply events_after(store::Store& store, const std::string& last_known);

}  // namespace jit::server
