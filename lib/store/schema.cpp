#include "store/schema.hpp"

#include <array>

#include "util/error.hpp"

namespace jit::store {
namespace {

constexpr std::int64_t kApplication = 0x6a697472;  // "jitr"

// Step n brings version n-1 to n. Never edited once released: a change is a new step.
constexpr std::array kSteps{
    R"(
CREATE TABLE clock (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  boot TEXT NOT NULL,
  since_boot INTEGER NOT NULL,
  store_time INTEGER NOT NULL
) STRICT;
CREATE TABLE requests (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL,
  requester TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  deadline INTEGER,
  version INTEGER NOT NULL,
  request TEXT NOT NULL
) STRICT;
CREATE INDEX requests_by_deadline ON requests (deadline) WHERE deadline IS NOT NULL;
CREATE TABLE contexts (
  number INTEGER PRIMARY KEY REFERENCES requests (number),
  context TEXT NOT NULL
) STRICT;
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  hash TEXT NOT NULL,
  entry TEXT NOT NULL
) STRICT;
)",
    R"(
CREATE TABLE tokens (
  id TEXT NOT NULL UNIQUE,
  hash TEXT NOT NULL UNIQUE,
  user TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT;
CREATE TABLE replies (
  actor TEXT NOT NULL,
  key TEXT NOT NULL,
  asked TEXT NOT NULL,
  answer TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  UNIQUE (actor, key)
) STRICT;
CREATE INDEX replies_by_age ON replies (made_at);
)",
    R"(
CREATE INDEX pending_by_requester ON requests (requester) WHERE state = 'pending';
)",
    R"(
CREATE INDEX requests_by_requester ON requests (requester);
)",
    R"(
ALTER TABLE requests ADD COLUMN review_by INTEGER;
CREATE INDEX requests_to_review ON requests (review_by) WHERE review_by IS NOT NULL;
)",
    R"(
CREATE TABLE recordings (
  request TEXT NOT NULL,
  use INTEGER NOT NULL,
  start INTEGER NOT NULL,
  bytes TEXT NOT NULL,
  PRIMARY KEY (request, use, start)
) STRICT;
)",
    R"(
CREATE TABLE notices (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  request TEXT NOT NULL,
  channel TEXT NOT NULL,
  event TEXT NOT NULL,
  about TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  problem TEXT,
  problem_at INTEGER,
  done_at INTEGER,
  result TEXT
) STRICT;
CREATE INDEX notices_that_wait ON notices (channel, due_at) WHERE result IS NULL;
CREATE INDEX notices_by_request ON notices (request, channel, number);
CREATE INDEX notices_that_ended ON notices (done_at) WHERE done_at IS NOT NULL;
CREATE TABLE notice_references (
  request TEXT NOT NULL,
  channel TEXT NOT NULL,
  reference TEXT NOT NULL,
  UNIQUE (request, channel)
) STRICT;
)",
    R"(
CREATE TABLE commands (
  command TEXT NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (command, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE in_flight (
  system TEXT NOT NULL,
  number INTEGER NOT NULL,
  ends_at INTEGER,
  PRIMARY KEY (system, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX in_flight_by_number ON in_flight (number);
CREATE INDEX denied_by_requester ON requests (requester, number) WHERE state = 'denied';
CREATE TABLE broken_glass (
  number INTEGER PRIMARY KEY
) STRICT;
INSERT INTO broken_glass (number)
  SELECT number FROM requests WHERE json_valid(request) AND request ->> '$.review_by' IS NOT NULL;
)"};

constexpr auto kNewest = static_cast<std::int64_t>(kSteps.size());

std::int64_t number(Database& database, const char* sql) {
  Query query(database, sql);
  return query.next() ? query.integer(0) : 0;
}

// In a transaction: of what another program is just making, half would look like a stranger's database.
std::int64_t version_of(Database& database) {
  const std::int64_t application = number(database, "PRAGMA application_id");
  const std::int64_t version = number(database, "PRAGMA user_version");
  if (application == 0 && version == 0 && number(database, "SELECT count(*) FROM sqlite_schema") == 0)
    return 0;
  if (application != kApplication) {
    throw util::Error("the store's file jit-run.db is the database of another program",
                      "move it away, or name another directory: --backend local:DIRECTORY");
  }
  if (version > kNewest) {
    throw util::Error("the store was written by a newer jit-run (its form is " + std::to_string(version) +
                          ", this program knows " + std::to_string(kNewest) + ")",
                      "install that newer jit-run here too");
  }
  return version;
}

std::int64_t version_now(Database& database) {
  const Snapshot snapshot(database);
  return version_of(database);
}

}  // namespace

bool is_newest(Database& database) {
  return version_now(database) == kNewest;
}

void migrate(Database& database) {
  if (is_newest(database)) return;
  // Another program may be just as far: whoever gets the lock looks again.
  database.run_when_free("PRAGMA journal_mode = WAL");
  WriteLock lock(database);
  for (std::int64_t version = version_of(database); version < kNewest; ++version) {
    database.run(kSteps.at(static_cast<std::size_t>(version)));
  }
  database.run(("PRAGMA application_id = " + std::to_string(kApplication)).c_str());
  database.run(("PRAGMA user_version = " + std::to_string(kNewest)).c_str());
  lock.commit();
}

void require_ours(Database& database) {
  if (version_now(database) == 0)
    throw util::Error("this is an empty database", "name a file that jit-server backup has written");
}

void require_known(Database& database) {
  if (!is_newest(database)) {
    throw util::Error("the store is empty, or was written by an older jit-run",
                      "any jit-run that may write it brings it up to date");
  }
}

}  // namespace jit::store
