#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace jit::store {

/// One SQLite connection, and its prepared statements. What goes wrong is thrown as util::Error that names
/// the directory and says what to do.
class Database {
 public:
  enum class Mode {
    read_write,
    read_only,
    immutable,  // a copy that nobody writes, without its -wal and -shm files
  };
  /// `path` has no symbolic link in it. The file must exist.
  Database(const std::string& path, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs statements that give nothing.
  void run(const char* sql);
  /// Runs one that is run again and again.
  void run_prepared(const char* sql);
  /// Runs them in spite of other programs that do the same (turning WAL on does not wait by itself).
  void run_when_free(const char* sql);
  /// False after SQLite has rolled back by itself: a full or failing disk.
  bool in_transaction() const;
  /// Rows changed by the last statement.
  int changes() const;
  [[noreturn]] void fail(int code) const;

 private:
  friend class Query;
  sqlite3_stmt* prepared(const char* sql);
  void configure();

  struct Close {
    void operator()(sqlite3* handle) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  /// How long this connection has waited for a lock.
  struct Waiting {
    std::int64_t since_ms = 0;
  };
  static int on_busy(void* waiting, int count);

  std::string m_path;
  Waiting m_waiting;
  std::unique_ptr<sqlite3, Close> m_handle;
  std::map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>, std::less<>> m_statements;
};

/// A write transaction: rolled back unless it was committed. Waits for its turn.
class WriteLock {
 public:
  explicit WriteLock(Database& database);
  ~WriteLock();
  WriteLock(const WriteLock&) = delete;
  WriteLock& operator=(const WriteLock&) = delete;
  void commit();

 private:
  Database& m_database;
  bool m_open = true;
};

/// While it lives, everything is read from one state of the store.
class Snapshot {
 public:
  explicit Snapshot(Database& database);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Database& m_database;
};

/// A part of a write transaction: what it wrote is undone unless it was kept, and the rest stays.
class Savepoint {
 public:
  explicit Savepoint(Database& database);
  ~Savepoint();
  Savepoint(const Savepoint&) = delete;
  Savepoint& operator=(const Savepoint&) = delete;
  void keep();

 private:
  Database& m_database;
  bool m_open = true;
};

/// One use of a prepared statement; its parameters ?1, ?2, … are given in order.
class Query {
 public:
  template <typename... Values>
  Query(Database& database, const char* sql, const Values&... values)
      : m_database(database), m_statement(database.prepared(sql)) {
    int index = 0;
    (bind(++index, values), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Goes to the next row; false when there is none.
  bool next();
  /// For statements that give nothing.
  void run() { (void)next(); }
  std::int64_t integer(int column) const;
  bool is_null(int column) const;
  /// Empty for NULL. Valid until the next row.
  std::string_view text(int column) const;

 private:
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view text);
  void bind(int index, const std::optional<std::int64_t>& value);
  void bind(int index, const std::string& text) { bind(index, std::string_view(text)); }
  void bind(int index, const char* text) { bind(index, std::string_view(text)); }
  void bind(int index, const std::optional<std::string>& text);
  void require(int code);

  Database& m_database;
  sqlite3_stmt* m_statement;
};

}  // namespace jit::store
