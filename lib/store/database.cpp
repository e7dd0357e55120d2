#include "store/database.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::store {
namespace {

constexpr std::int64_t kLongestWaitMs = 5000;
constexpr int kLongestValue = 64 << 20;

std::int64_t steady_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

std::string uri_of(const std::string& path, bool immutable) {
  std::string uri = "file:";
  for (const char c : path) {
    // Only these three mean something in an SQLite URI's path.
    if (c == '%' || c == '?' || c == '#') {
      uri += "%" + util::hex({&c, 1});
    } else {
      uri += c;
    }
  }
  return uri + (immutable ? "?immutable=1" : "");
}

void undo(Database& database, const char* sql) noexcept {
  try {
    database.run(sql);
  } catch (const util::Error&) {  // NOLINT(bugprone-empty-catch): SQLite has rolled back by itself.
  }
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

void Database::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Database::Database(const std::string& path, Mode mode) : m_path(path) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE |
                    (mode == Mode::read_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
  const int code = sqlite3_open_v2(uri_of(path, mode == Mode::immutable).c_str(), &handle, flags, nullptr);
  m_handle.reset(handle);
  if (code != SQLITE_OK) fail(code);
  configure();
  // SQLite opens a file that it may not write for reading, and says nothing.
  if (mode == Mode::read_write && sqlite3_db_readonly(handle, "main") != 0) fail(SQLITE_READONLY);
}

Database::~Database() = default;

void Database::configure() {
  sqlite3* handle = m_handle.get();
  sqlite3_busy_handler(handle, &Database::on_busy, &m_waiting);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kLongestValue);
  // A file that somebody else prepared gets no say in what we run.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  // Closing must be quick: it happens between the decision and the command.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  // The -wal and -shm files stay, so that somebody who may only read finds them.
  int persist = 1;
  sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
  run("PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; "
      "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 8388608");
}

int Database::on_busy(void* waiting, int count) {
  auto* self = static_cast<Waiting*>(waiting);
  const std::int64_t now = steady_ms();
  if (count == 0) self->since_ms = now;
  if (now - self->since_ms >= kLongestWaitMs) return 0;
  std::this_thread::sleep_for(std::chrono::milliseconds(std::min(1 + count / 4, 10)));
  return 1;
}

void Database::run(const char* sql) {
  const int code = sqlite3_exec(m_handle.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

void Database::run_prepared(const char* sql) {
  Query(*this, sql).run();
}

void Database::run_when_free(const char* sql) {
  const std::int64_t since = steady_ms();
  while (true) {
    const int code = sqlite3_exec(m_handle.get(), sql, nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return;
    if ((code & 0xff) != SQLITE_BUSY || steady_ms() - since >= kLongestWaitMs) fail(code);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(m_handle.get()) == 0;
}

int Database::changes() const {
  return sqlite3_changes(m_handle.get());
}

sqlite3_stmt* Database::prepared(const char* sql) {
  const auto found = m_statements.find(sql);
  if (found != m_statements.end()) return found->second.get();
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v3(m_handle.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) fail(code);
  m_statements.emplace(sql, statement);
  return statement;
}

void Database::fail(int code) const {
  const std::string store = "the store " + util::visible(m_path);
  const std::string name = util::visible(util::shell_quote(m_path));
  const int system_error = m_handle ? sqlite3_system_errno(m_handle.get()) : 0;
  const bool full = system_error == ENOSPC || system_error == EDQUOT;
  const int primary = full ? SQLITE_FULL : code & 0xff;
  const std::string reason = system_error != 0 ? std::strerror(system_error)
                                               : sqlite3_errstr(code);  // NOLINT(concurrency-mt-unsafe)
  switch (primary) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw util::Error(store + " has been locked for long: another program holds it",
                        "find out which: fuser -v " + name);
    case SQLITE_READONLY:
      throw util::Error(store + " is read-only",
                        "check the mount and the mode of it and its directory: ls -la " + name);
    case SQLITE_FULL:
      throw util::Error(store + " cannot be written: the disk or the quota is full",
                        "free some space there (df -h " + name + "), then try again; nothing was changed");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      throw util::Error(
          store + " is damaged, or no database at all (" + sqlite3_errstr(code) + ")",
          "restore it from a backup, or move it away, with its -wal and -shm files, to start anew");
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      throw util::Error(
          store + " cannot be opened: " + reason,
          "check the owner and the mode of it, its -wal and -shm files, and the directory: ls -la " + name +
              "*");
    case SQLITE_IOERR:
      throw util::Error(store + ": reading or writing failed: " + reason,
                        "look at the disk: dmesg, df -h " + name);
    default:
      throw util::Error(store + ": " + (m_handle ? sqlite3_errmsg(m_handle.get()) : sqlite3_errstr(code)));
  }
}

Snapshot::Snapshot(Database& database) : m_database(database) {
  m_database.run_prepared("BEGIN");
}

Snapshot::~Snapshot() {
  undo(m_database, "ROLLBACK");
}

WriteLock::WriteLock(Database& database) : m_database(database) {
  // Not deferred: a reader that becomes a writer fails at once when another was quicker.
  m_database.run_prepared("BEGIN IMMEDIATE");
}

WriteLock::~WriteLock() {
  if (m_open) undo(m_database, "ROLLBACK");
}

void WriteLock::commit() {
  m_database.run_prepared("COMMIT");
  m_open = false;
}

Savepoint::Savepoint(Database& database) : m_database(database) {
  m_database.run_prepared("SAVEPOINT part");
}

Savepoint::~Savepoint() {
  if (m_open) undo(m_database, "ROLLBACK TO part; RELEASE part");
}

void Savepoint::keep() {
  m_database.run_prepared("RELEASE part");
  m_open = false;
}

Query::~Query() {
  sqlite3_reset(m_statement);
  sqlite3_clear_bindings(m_statement);
}

void Query::require(int code) {
  if (code != SQLITE_OK) m_database.fail(code);
}

void Query::bind(int index, std::int64_t value) {
  require(sqlite3_bind_int64(m_statement, index, value));
}

void Query::bind(int index, std::string_view text) {
  // A null pointer would bind NULL, not the empty text.
  require(sqlite3_bind_text64(m_statement, index, text.empty() ? "" : text.data(), text.size(),
                              SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Query::bind(int index, const std::optional<std::int64_t>& value) {
  require(value ? sqlite3_bind_int64(m_statement, index, *value) : sqlite3_bind_null(m_statement, index));
}

void Query::bind(int index, const std::optional<std::string>& text) {
  if (text) return bind(index, std::string_view(*text));
  require(sqlite3_bind_null(m_statement, index));
}

bool Query::next() {
  const int code = sqlite3_step(m_statement);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) m_database.fail(code);
  return false;
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(m_statement, column);
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(m_statement, column) == SQLITE_NULL;
}

std::string_view Query::text(int column) const {
  const unsigned char* text = sqlite3_column_text(m_statement, column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(m_statement, column))};
}

}  // namespace jit::store
