#include "store/rows.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "approval/binding.hpp"
#include "approval/document.hpp"
#include "approval/life_cycle.hpp"
#include "approval/quorum.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::store {
namespace {

using approval::Request;
using approval::RequestId;

constexpr std::size_t kLongestText = 64U << 20U;

std::int64_t to_integer(util::Time time) {
  return time.time_since_epoch().count();
}

std::optional<std::int64_t> deadline_column(const Request& request) {
  const auto deadline = approval::deadline_of(request);
  return deadline ? std::optional(to_integer(*deadline)) : std::nullopt;
}

// While somebody must look at it: what ran by break-glass.
std::optional<std::int64_t> review_column(const Request& request) {
  return approval::awaits_review(request) ? std::optional(to_integer(*request.review_by)) : std::nullopt;
}

[[noreturn]] void fail_row(std::string_view id, const std::string& why) {
  throw util::Error("the store's row of request " + util::visible(id) + " is damaged: " + why,
                    "jit-audit verify shows what else is; restore the store from a backup");
}

// Columns: id, state, request, and, where its context is wanted, that.
Request request_of(const Query& row, bool with_context) {
  const std::string id(row.text(0));
  try {
    std::shared_ptr<const util::Json> context;
    if (with_context) {
      context =
          std::make_shared<const util::Json>(util::parse_json(row.text(3), "its context", kLongestText));
    }
    Request request = approval::request_from_stored_json(
        util::parse_json(row.text(2), "its text", kLongestText), std::move(context));
    if (request.id.text() != id || approval::to_text(request.state) != row.text(1)) {
      fail_row(id, "its columns say otherwise than its text");
    }
    return request;
  } catch (const util::Error& error) {
    if (!error.hint().empty()) throw;
    fail_row(id, error.what());
  }
}

RequestId id_of(std::string_view text) {
  const auto id = RequestId::parse(text);
  if (!id) fail_row(text, "its id is none");
  return *id;
}

bool matches(const util::Json& entry, const AuditFilter& filter, const std::string& since) {
  if (!entry.is_object()) return false;
  const auto text = [&](const char* key) {
    const auto found = entry.find(key);
    return found != entry.end() && found->is_string() ? found->get<std::string>() : "";
  };
  // Times in this one form sort as texts do.
  return text("at") >= since && (filter.actor.empty() || text("actor") == filter.actor) &&
         text("request").starts_with(filter.request);
}

// The smallest text that is larger than all that start with this prefix of an id's characters.
std::string after_prefix(const std::string& prefix) {
  return prefix + "\x7f";
}

// Those that an index of few has: the requests where this column is not null.
std::string among(const std::string& index, const std::string& column) {
  return "WHERE number IN (SELECT number FROM requests INDEXED BY " + index + " WHERE " + column +
         " IS NOT NULL) AND number > ?1 ";
}

// Where a list is looked for, and in which order.
struct Source {
  std::string from;
  const char* order = "number";
};

// Never among all requests that were ever made, when there is a nearer place.
Source source_of(const Filter& filter) {
  // What is not over has a deadline, and an index of it: few of the requests that were ever made still wait.
  // An index for the rest would cost a page in every decision.
  const bool only_open =
      !filter.states.empty() && std::none_of(filter.states.begin(), filter.states.end(), approval::is_over);
  const std::string all = "JOIN contexts USING (number) ";
  if (filter.to_review) return {all + among("requests_to_review", "review_by")};
  if (only_open) return {all + among("requests_by_deadline", "deadline")};
  if (filter.requester)
    return {"INDEXED BY requests_by_requester " + all + "WHERE requester = ?2 AND number > ?1 "};
  if (filter.prefix.empty()) return {all + "WHERE number > ?1 "};
  return {
      all + "WHERE id >= ?5 AND id < ?6 AND id > coalesce((SELECT id FROM requests WHERE number = ?1), '') ",
      "id"};
}

// Parameters: ?1 the cursor's number, ?2 requester, ?3 states, ?4 limit, ?5 and ?6 the prefix's bounds.
std::string list_query(const Filter& filter) {
  const Source source = source_of(filter);
  return "SELECT id, state, request, context FROM requests " + source.from +
         "AND (?2 IS NULL OR requester = ?2) "
         "AND (?3 = '[]' OR state IN (SELECT value FROM json_each(?3))) "
         "AND (?5 = '' OR (id >= ?5 AND id < ?6)) ORDER BY " +
         source.order + " LIMIT ?4";
}

}  // namespace

std::optional<RequestRow> find_row(Database& database, const RequestId& id, Recent& recent) {
  Query query(database, "SELECT id, state, request, version FROM requests WHERE id = ?1", id.text());
  if (!query.next()) return std::nullopt;
  const Request* known = recent.find(id.text(), query.text(2));
  if (known != nullptr && approval::to_text(known->state) == query.text(1))
    return RequestRow{*known, query.integer(3)};
  RequestRow row{request_of(query, false), query.integer(3)};
  recent.keep(std::string(query.text(2)), row.request);
  return row;
}

const Request* Recent::find(const std::string& id, std::string_view text) const {
  const auto found = m_requests.find(id);
  return found != m_requests.end() && found->second.text == text ? &found->second.request : nullptr;
}

void Recent::keep(std::string text, const Request& request) {
  constexpr std::size_t kMostKept = 4U << 20U;  // of text: what is made of it is some times larger
  if (m_size > kMostKept) {
    m_requests.clear();
    m_size = 0;
  }
  m_size += text.size();
  Read& kept = m_requests.insert_or_assign(request.id.text(), Read{std::move(text), request}).first->second;
  kept.request.context = nullptr;
  kept.request.context_digest.reset();
}

bool Recent::give_context(Request& request, std::string_view text) const {
  const auto found = m_contexts.find(request.id);
  if (found == m_contexts.end() || found->second.text != text) return false;
  request.context = found->second.context;
  request.context_digest = found->second.digest;
  return true;
}

void Recent::keep_context(const Request& request, std::string text) {
  constexpr std::size_t kMostKept = 8U << 20U;
  if (m_contexts_size > kMostKept) {
    m_contexts.clear();
    m_contexts_size = 0;
  }
  m_contexts_size += text.size();
  m_contexts[request.id] = {std::move(text), request.context, request.context_digest};
}

void read_context(Database& database, Request& request, Recent& recent) {
  const std::string id = request.id.text();
  Query query(database, "SELECT context FROM contexts JOIN requests USING (number) WHERE id = ?1", id);
  if (!query.next()) fail_row(id, "it has no context");
  const std::string_view text = query.text(0);
  if (recent.give_context(request, text)) return;
  try {
    request.context = std::make_shared<const util::Json>(util::parse_json(text, "its context", kLongestText));
    request.context_digest = approval::bound_digest(*request.context);
  } catch (const util::Error& error) {
    fail_row(id, error.what());
  }
  recent.keep_context(request, std::string(text));
}

std::vector<Request> list_requests(Database& database, const Filter& filter) {
  std::int64_t after = 0;
  if (!filter.after.empty()) {
    Query cursor(database, "SELECT number FROM requests WHERE id = ?1", filter.after);
    if (!cursor.next()) return {};
    after = cursor.integer(0);
  }
  util::Json states = util::Json::array();
  for (const auto state : filter.states) states.push_back(approval::to_text(state));
  const std::string chosen = states.dump();
  const std::int64_t limit = filter.limit > 0 ? filter.limit : -1;
  Query query(database, list_query(filter).c_str(), after, filter.requester, chosen, limit, filter.prefix,
              after_prefix(filter.prefix));
  std::vector<Request> requests;
  while (query.next()) requests.push_back(request_of(query, true));
  return requests;
}

std::map<approval::State, std::size_t> count_open_requests(Database& database) {
  Query query(
      database,
      "SELECT state, count(*) FROM requests INDEXED BY requests_by_deadline WHERE deadline IS NOT NULL "
      "GROUP BY state");
  std::map<approval::State, std::size_t> counts{{approval::State::pending, 0},
                                                {approval::State::approved, 0}};
  while (query.next()) {
    const auto state = approval::parse_state(query.text(0));
    if (state) counts[*state] = static_cast<std::size_t>(query.integer(1));
  }
  return counts;
}

ToReview count_requests_to_review(Database& database, util::Time now) {
  Query query(database,
              "SELECT count(*), count(CASE WHEN review_by <= ?1 THEN 1 END) FROM requests "
              "INDEXED BY requests_to_review WHERE review_by IS NOT NULL",
              to_integer(now));
  if (!query.next()) return {};
  return {static_cast<std::size_t>(query.integer(0)), static_cast<std::size_t>(query.integer(1))};
}

std::size_t count_pending_requests(Database& database, const std::string& requester) {
  Query query(database,
              "SELECT count(*) FROM requests INDEXED BY pending_by_requester "
              "WHERE requester = ?1 AND state = 'pending'",
              std::string_view(requester));
  return query.next() ? static_cast<std::size_t>(query.integer(0)) : 0;
}

std::vector<RequestId> ids_with_prefix(Database& database, const std::string& prefix, int limit) {
  Query query(database, "SELECT id FROM requests WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3", prefix,
              after_prefix(prefix), std::int64_t{limit > 0 ? limit : -1});
  std::vector<RequestId> ids;
  while (query.next()) ids.push_back(id_of(query.text(0)));
  return ids;
}

std::vector<RequestId> due_requests(Database& database, util::Time now, int limit) {
  Query query(database, "SELECT id FROM requests WHERE deadline <= ?1 ORDER BY deadline LIMIT ?2",
              to_integer(now), std::int64_t{limit});
  std::vector<RequestId> ids;
  while (query.next()) ids.push_back(id_of(query.text(0)));
  return ids;
}

std::string insert_request(Database& database, const Request& request, Recent& recent) {
  std::string text = util::compact_json(approval::to_stored_json(request));
  Query(database,
        "INSERT INTO requests (id, state, requester, created_at, deadline, version, request, review_by) "
        "VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7)",
        request.id.text(), approval::to_text(request.state), request.requester,
        to_integer(request.created_at), deadline_column(request), text, review_column(request))
      .run();
  recent.keep(text, request);
  std::string context = request.context ? util::compact_json(*request.context) : "{}";
  Query(database, "INSERT INTO contexts (number, context) SELECT number, ?2 FROM requests WHERE id = ?1",
        request.id.text(), context)
      .run();
  if (request.context) recent.keep_context(request, std::move(context));
  return text;
}

std::string update_request(Database& database, const Request& request, std::int64_t version, Recent& recent) {
  std::string text = util::compact_json(approval::to_stored_json(request));
  Query(database,
        "UPDATE requests SET state = ?3, deadline = ?4, request = ?5, version = version + 1, review_by = ?6 "
        "WHERE id = ?1 AND version = ?2",
        request.id.text(), version, approval::to_text(request.state), deadline_column(request), text,
        review_column(request))
      .run();
  if (database.changes() != 1) {
    throw util::Error("request " + request.id.brief() + " was changed by another program meanwhile",
                      "try again");
  }
  recent.keep(text, request);
  return text;
}

std::string stored_text(Database& database, const RequestId& id) {
  Query query(database,
              "SELECT id, state, request, requester, created_at, deadline, review_by, "
              "EXISTS (SELECT 1 FROM broken_glass WHERE broken_glass.number = requests.number) "
              "FROM requests WHERE id = ?1",
              id.text());
  if (!query.next()) return {};
  const Request request = request_of(query, false);
  const auto is = [&](int column, std::optional<std::int64_t> expected) {
    return query.is_null(column) ? !expected : expected && query.integer(column) == *expected;
  };
  if (query.text(3) != request.requester || !is(4, to_integer(request.created_at)) ||
      !is(5, deadline_column(request)) || !is(6, review_column(request)) || !is(7, request.review_by ? 1 : 0))
    fail_row(id.text(), "its columns say otherwise than its text");
  return std::string(query.text(2));
}

void append_audit(Database& database, const audit::Draft& draft) {
  std::int64_t seq = 1;
  std::string previous = audit::kFirstPrevious;
  if (Query last(database, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"); last.next()) {
    seq = last.integer(0) + 1;
    previous = last.text(1);
  }
  const audit::Entry entry = audit::make_entry(draft, seq, previous);
  Query(database, "INSERT INTO audit (seq, hash, entry) VALUES (?1, ?2, ?3)", seq, entry.hash,
        util::canonical_json(*entry.entry))
      .run();
}

std::int64_t last_audit_entry(Database& database) {
  Query query(database, "SELECT max(seq) FROM audit");
  return query.next() ? query.integer(0) : 0;
}

void read_audit_rows(Database& database, const AuditFilter& filter,
                     const std::function<bool(const audit::Entry&)>& visit) {
  const bool all = !filter.since && filter.actor.empty() && filter.request.empty();
  const std::string since = filter.since ? util::to_rfc3339(*filter.since) : "";
  // The entry's text is all there is: columns beside it could say otherwise than what the hash covers.
  Query query(database, "SELECT hash, entry FROM audit WHERE seq > ?1 AND seq <= ?2 ORDER BY seq",
              filter.after, filter.last);
  while (query.next()) {
    const std::string_view text = query.text(1);
    if (text.find(filter.request) == std::string_view::npos) continue;  // spares the reading
    audit::Entry entry;
    entry.hash = query.text(0);
    try {
      entry.entry = std::make_shared<const util::Json>(util::parse_json(text, "entry", kLongestText));
    } catch (const util::Error&) {
      // As it stands: whoever verifies says that it is no entry.
      entry.entry = std::make_shared<const util::Json>(std::string(text));
    }
    if ((all || matches(*entry.entry, filter, since)) && !visit(entry)) return;
  }
}

void read_changes(Database& database, std::int64_t after, const std::function<bool(const Change&)>& visit) {
  // What is no entry has no type; whoever verifies says so.
  Query query(database,
              "SELECT seq, entry ->> 'type', entry ->> 'request' FROM audit "
              "WHERE seq > ?1 AND json_valid(entry) ORDER BY seq",
              after);
  while (query.next()) {
    if (!visit({query.integer(0), std::string(query.text(1)), std::string(query.text(2))})) return;
  }
}

std::optional<Anchor> read_anchor(Database& database) {
  Query query(database, "SELECT boot, since_boot, store_time FROM clock WHERE one = 1");
  if (!query.next()) return std::nullopt;
  return Anchor{std::string(query.text(0)), util::Millis{query.integer(1)},
                util::Time{util::Millis{query.integer(2)}}};
}

void write_anchor(Database& database, const Anchor& anchor) {
  Query(database,
        "INSERT INTO clock (one, boot, since_boot, store_time) VALUES (1, ?1, ?2, ?3) ON CONFLICT (one) DO "
        "UPDATE SET "
        "boot = excluded.boot, since_boot = excluded.since_boot, store_time = excluded.store_time",
        anchor.boot, std::int64_t{anchor.since_boot.count()}, to_integer(anchor.store_time))
      .run();
}

}  // namespace jit::store
