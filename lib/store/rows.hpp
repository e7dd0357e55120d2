#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "approval/request.hpp"
#include "audit/chain.hpp"
#include "store/clock.hpp"
#include "store/database.hpp"
#include "store/store.hpp"

namespace jit::store {

/// The tables, each read and written in one place. Nothing here begins or ends a transaction.

/// What was read or written lately. To make requests of their texts is most of what reading costs, and who
/// changes one has read it before.
class Recent {
 public:
  /// The request that this very text stands for; nullptr when it was not here lately.
  const approval::Request* find(const std::string& id, std::string_view text) const;
  /// Without its context.
  void keep(std::string text, const approval::Request& request);
  /// Gives it the context that this very text stands for; false when it was not here lately.
  bool give_context(approval::Request& request, std::string_view text) const;
  void keep_context(const approval::Request& request, std::string text);

 private:
  struct Read {
    std::string text;
    approval::Request request;
  };
  struct Context {
    std::string text;
    std::shared_ptr<const util::Json> context;
    std::optional<util::Digest> digest;
  };
  std::map<std::string, Read, std::less<>> m_requests;  // by id
  std::map<approval::RequestId, Context> m_contexts;
  std::size_t m_size = 0, m_contexts_size = 0;
};

/// A request without its context, and the version of its row.
struct RequestRow {
  approval::Request request;
  std::int64_t version = 0;
};
std::optional<RequestRow> find_row(Database& database, const approval::RequestId& id, Recent& recent);
/// Gives a request that was read without it its context.
void read_context(Database& database, approval::Request& request, Recent& recent);
std::vector<approval::Request> list_requests(Database& database, const Filter& filter);
std::map<approval::State, std::size_t> count_open_requests(Database& database);
ToReview count_requests_to_review(Database& database, util::Time now);
std::size_t count_pending_requests(Database& database, const std::string& requester);
std::vector<approval::RequestId> ids_with_prefix(Database& database, const std::string& prefix, int limit);
std::vector<approval::RequestId> due_requests(Database& database, util::Time now, int limit);
/// Gives the text that the row has now.
std::string insert_request(Database& database, const approval::Request& request, Recent& recent);
/// The same. Throws Error unless the row still has `version`, which it increments.
std::string update_request(Database& database, const approval::Request& request, std::int64_t version,
                           Recent& recent);
/// The text of a request's row; empty where there is none. Throws Error where the columns beside it, by which
/// requests are found, say otherwise.
std::string stored_text(Database& database, const approval::RequestId& id);

void append_audit(Database& database, const audit::Draft& draft);
std::int64_t last_audit_entry(Database& database);
void read_audit_rows(Database& database, const AuditFilter& filter,
                     const std::function<bool(const audit::Entry&)>& visit);
void read_changes(Database& database, std::int64_t after, const std::function<bool(const Change&)>& visit);

std::optional<Anchor> read_anchor(Database& database);
void write_anchor(Database& database, const Anchor& anchor);

}  // namespace jit::store
