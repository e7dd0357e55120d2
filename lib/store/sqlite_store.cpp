#include "store/sqlite_store.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "store/activity_rows.hpp"
#include "store/database.hpp"
#include "store/doorbells.hpp"
#include "store/outbox_rows.hpp"
#include "store/place.hpp"
#include "store/recording_rows.hpp"
#include "store/rows.hpp"
#include "store/schema.hpp"
#include "store/server_rows.hpp"
#include "util/digest.hpp"
#include "util/error.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

namespace jit::store {
namespace {

using approval::Request;
using approval::RequestId;

/// One write transaction; without `commit` it leaves nothing behind.
class SqliteTransaction final : public Transaction {
 public:
  SqliteTransaction(Database& database, Recent& recent, Clock& clock)
      : m_database(database), m_recent(recent), m_lock(database) {
    const Moment moment = clock.read();
    m_anchor = {moment.boot, moment.since_boot, store_time(moment, read_anchor(m_database))};
  }

  util::Time now() override { return m_anchor.store_time; }

  std::optional<Request> get(const RequestId& id) override {
    auto row = find_row(m_database, id, m_recent);
    if (!row) return std::nullopt;
    m_versions[id] = row->version;
    return std::move(row->request);
  }

  std::vector<RequestId> due(util::Time now, int limit) override {
    return due_requests(m_database, now, limit);
  }

  void insert(const Request& request) override {
    m_written[request.id.text()] = insert_request(m_database, request, m_recent);
    insert_subjects(m_database, request);
    m_versions[request.id] = 1;
    m_changed.insert(request.id);
    m_wrote = true;
  }

  void update(const Request& request) override {
    const auto version = m_versions.find(request.id);
    if (version == m_versions.end()) throw util::Error("a request was written without having been read");
    m_written[request.id.text()] = update_request(m_database, request, version->second++, m_recent);
    update_subjects(m_database, request, now());
    m_changed.insert(request.id);
    m_wrote = true;
  }

  void append(const audit::Draft& draft) override {
    append_audit(m_database, with_stored(draft));
    m_wrote = true;
  }

  void put(const Token& token) override {
    put_token(m_database, token);
    m_wrote = true;
  }

  std::optional<Reply> find_reply(const std::string& actor, const std::string& key) override {
    return store::find_reply(m_database, actor, key);
  }

  void keep(const Reply& reply) override {
    keep_reply(m_database, reply, now());
    m_wrote = true;
  }

  void append_recording(const RequestId& id, int use, std::size_t start, const std::string& bytes) override {
    store::append_recording(m_database, id, use, start, bytes);
    m_wrote = true;
  }

  void tell(const Notice& notice) override {
    put_notice(m_database, notice);
    m_wrote = true;
  }

  void drop_notices(const RequestId& id, bool all) override {
    store::drop_notices(m_database, id.text(), all);
    m_wrote = true;
  }

  void settle(const Told& told) override {
    settle_notice(m_database, told);
    m_wrote = true;
  }

  bool prune_notices(util::Time before) override {
    const bool any = store::prune_notices(m_database, before);
    m_wrote = m_wrote || any;
    return any;
  }

  /// Only the store's time is written.
  void touch() { m_wrote = true; }

  /// A write within this one.
  void part(const std::function<void(Transaction&)>& work) {
    require_open();
    Savepoint savepoint(m_database);
    auto versions = m_versions;
    try {
      work(*this);
      savepoint.keep();
    } catch (...) {
      m_versions = std::move(versions);
      throw;
    }
  }

  /// Makes it durable. A transaction that wrote nothing costs nothing.
  void commit() {
    if (!m_wrote) return;
    require_open();
    write_anchor(m_database, m_anchor);
    m_lock.commit();
  }

  /// The requests that were written.
  const std::set<RequestId>& changed() const { return m_changed; }

 private:
  // The entry says what its request has become, all of it: so nothing of that can be edited unnoticed.
  audit::Draft with_stored(audit::Draft draft) const {
    const auto written = m_written.find(draft.request);
    if (written == m_written.end()) return draft;
    auto data = draft.data ? *draft.data : util::Json::object();
    data["stored"] = util::Digest::of(written->second).text();
    draft.data = std::make_shared<const util::Json>(std::move(data));
    return draft;
  }

  // Whoever caught the error of a part must not go on without a transaction.
  void require_open() const {
    if (!m_database.in_transaction())
      throw util::Error("the store undid the whole transaction; nothing was changed");
  }

  Database& m_database;
  Recent& m_recent;
  WriteLock m_lock;
  bool m_wrote = false;
  Anchor m_anchor;
  std::map<RequestId, std::int64_t> m_versions;
  std::set<RequestId> m_changed;
  std::map<std::string, std::string> m_written;  // id → the text that its row has now
};

class SqliteStore final : public Store {
 public:
  SqliteStore(Place place, std::unique_ptr<Database> database, Access access, Clock& clock)
      : m_place(std::move(place)),
        m_access(access),
        m_clock(clock),
        m_database(std::move(database)),
        m_doorbells(m_place, access == Access::read_write) {
    if (::stat(m_place.database().c_str(), &m_file) != 0)
      throw util::SystemError(errno, util::visible(m_place.database()));
  }

  util::Time now() override { return store_time(m_clock.read(), read_anchor(*m_database)); }

  void snapshot(const std::function<void()>& work) override {
    if (m_open != nullptr) return work();  // a write sees one state already
    const Snapshot snapshot(*m_database);
    work();
  }

  void write(const std::function<void(Transaction&)>& work) override {
    if (m_access == Access::read_only) throw util::Error("the store was opened only for reading");
    if (m_open != nullptr) return m_open->part(work);
    require_in_place();
    SqliteTransaction transaction(*m_database, m_recent, m_clock);
    m_open = &transaction;
    try {
      work(transaction);
    } catch (...) {
      m_open = nullptr;
      throw;
    }
    m_open = nullptr;
    transaction.commit();
    for (const RequestId& id : transaction.changed()) m_doorbells.ring(id);
  }

  void prove() override {
    require_in_place();
    require_room();
    SqliteTransaction transaction(*m_database, m_recent, m_clock);
    transaction.touch();
    transaction.commit();
  }

  std::int64_t last_entry() override { return last_audit_entry(*m_database); }

  std::optional<Request> get(const RequestId& id) override {
    auto row = find_row(*m_database, id, m_recent);
    if (!row) return std::nullopt;
    read_context(*m_database, row->request, m_recent);
    return std::move(row->request);
  }

  std::vector<RequestId> find_prefix(const std::string& prefix, int limit) override {
    return ids_with_prefix(*m_database, prefix, limit);
  }

  std::vector<Request> list(const Filter& filter) override { return list_requests(*m_database, filter); }

  std::map<approval::State, std::size_t> count_open() override { return count_open_requests(*m_database); }

  ToReview count_to_review() override { return count_requests_to_review(*m_database, now()); }

  std::size_t count_pending(const std::string& requester) override {
    return count_pending_requests(*m_database, requester);
  }

  Activity activity(const ActivityFilter& filter) override {
    return read_activity(*m_database, filter, now());
  }

  std::optional<std::string> why_not_in_activity(const Request& request, util::Time started_at) override {
    return store::why_not_in_activity(*m_database, request, started_at, now());
  }

  void read_commands(const std::function<void(const std::string&, const std::string&)>& visit) override {
    store::read_commands(*m_database, visit);
  }

  std::optional<Token> find_token(const std::string& hash) override {
    return store::find_token(*m_database, hash);
  }

  std::vector<Token> list_tokens() override { return store::list_tokens(*m_database); }

  std::string stored_text(const RequestId& id) override { return store::stored_text(*m_database, id); }

  std::vector<std::string> recorded_requests() override { return store::recorded_requests(*m_database); }
  std::vector<int> recorded_uses(const RequestId& id) override {
    return store::recorded_uses(*m_database, id);
  }

  std::size_t recording_size(const RequestId& id, int use) override {
    return store::recording_size(*m_database, id, use);
  }

  void read_recording(const RequestId& id, int use,
                      const std::function<void(std::string_view)>& visit) override {
    store::read_recording(*m_database, id, use, visit);
  }

  void read_audit(const AuditFilter& filter, const std::function<bool(const audit::Entry&)>& visit) override {
    read_audit_rows(*m_database, filter, visit);
  }

  void read_changes(std::int64_t after, const std::function<bool(const Change&)>& visit) override {
    store::read_changes(*m_database, after, visit);
  }

  std::vector<Notice> due_notices(const std::string& channel, int limit) override {
    return store::due_notices(*m_database, channel, now(), limit);
  }

  std::vector<std::string> channels_of_notices() override { return store::channels_of_notices(*m_database); }

  std::optional<util::Time> next_moment() override {
    const auto notice = next_notice(*m_database, now());
    const auto deadline = next_deadline(*m_database);
    return notice && deadline ? std::min(notice, deadline) : notice ? notice : deadline;
  }

  bool may_notify() override { return may_come_more(*m_database); }

  std::string reference(const RequestId& id, const std::string& channel) override {
    return find_reference(*m_database, id.text(), channel);
  }

  std::vector<ChannelStatus> notice_status() override { return store::notice_status(*m_database); }

  std::unique_ptr<Watch> watch(const std::optional<RequestId>& id) override { return m_doorbells.watch(id); }

 private:
  // On a disk that is all but full, the next small change may succeed and the one after it not.
  void require_room() const {
    constexpr unsigned long kLeast = 1U << 20U;
    struct statvfs disk {};
    if (::fstatvfs(m_place.fd.get(), &disk) == 0 && disk.f_bavail < kLeast / std::max(disk.f_frsize, 1UL))
      throw util::Error("the disk of the store " + util::visible(m_place.database()) + " is full",
                        "make room: df " + util::visible(util::shell_quote(m_place.directory)));
  }

  // What is written into a database that was moved away or replaced is lost to everybody else.
  void require_in_place() const {
    struct stat now {};
    if (::stat(m_place.database().c_str(), &now) == 0 && now.st_dev == m_file.st_dev &&
        now.st_ino == m_file.st_ino)
      return;
    throw util::Error("the store " + util::visible(m_place.database()) +
                          " was moved, replaced or deleted while it was in use; nothing was changed",
                      "start this program again");
  }

  Place m_place;
  struct stat m_file {};
  Access m_access;
  Clock& m_clock;
  std::unique_ptr<Database> m_database;
  Doorbells m_doorbells;
  Recent m_recent;
  SqliteTransaction* m_open = nullptr;  // the write that is under way
};

std::unique_ptr<Database> open_to_read(const Place& place) {
  try {
    auto database = std::make_unique<Database>(place.database(), Database::Mode::read_only);
    require_known(*database);
    return database;
  } catch (const util::Error&) {
    // Where the -wal file can be neither found nor made, nobody is writing: a copy, or a read-only medium.
    struct stat status {};
    if (::stat((place.database() + "-wal").c_str(), &status) == 0) throw;
  }
  auto database = std::make_unique<Database>(place.database(), Database::Mode::immutable);
  require_known(*database);
  return database;
}

}  // namespace

namespace {

// While it lives, SQLite's own files (-wal, -shm) get the database's mode in the moment they are made. It
// would mend what the umask took away a moment later, and in between another user's program finds a file that
// it may not write.
class ExactModes {
 public:
  ExactModes() : m_before(::umask(0)) {}
  ~ExactModes() { ::umask(m_before); }
  ExactModes(const ExactModes&) = delete;
  ExactModes& operator=(const ExactModes&) = delete;

 private:
  mode_t m_before;
};

}  // namespace

std::unique_ptr<Store> open_sqlite(const std::string& directory, Access access, Clock& clock) {
  if (access == Access::read_only) {
    Place place = open_place_to_read(directory);
    auto database = open_to_read(place);
    return std::make_unique<SqliteStore>(std::move(place), std::move(database), access, clock);
  }
  Place place = open_place(directory);
  const ExactModes exact;
  prepare_database_file(place);
  auto database = std::make_unique<Database>(place.database(), Database::Mode::read_write);
  migrate(*database);
  return std::make_unique<SqliteStore>(std::move(place), std::move(database), access, clock);
}

}  // namespace jit::store
