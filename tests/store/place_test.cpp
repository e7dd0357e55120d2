#include "store/place.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "store/inspect.hpp"
#include "store/sample.hpp"
#include "store/verify.hpp"
#include "support/children.hpp"
#include "util/error.hpp"

using namespace jit;
using namespace jit::store;
using namespace jit::store::sample;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

// The message when the store cannot be opened; every one has a remedy.
std::string refusal(const std::string& directory, Access access = Access::read_write) {
  try {
    open_sqlite(directory, access);
  } catch (const util::Error& error) {
    CHECK_FALSE(error.hint().empty());
    return error.what();
  }
  return "";
}

bool mentions(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

}  // namespace

TEST_CASE("a personal store is its owner's alone") {
  const test::Scratch scratch;
  const mode_t umask = ::umask(0);
  ask(*open_sqlite(scratch / "state/jit-run/store"));
  ::umask(umask);
  for (const char* directory : {"state", "state/jit-run", "state/jit-run/store"}) {
    CHECK(mode_of(scratch / directory) == 0700);
  }
  for (const char* file : {"jit-run.db", "jit-run.db-wal", "jit-run.db-shm", "wake"}) {
    CHECK(mode_of(scratch / (std::string("state/jit-run/store/") + file)) == 0600);
  }
}

TEST_CASE("a shared store is its group's, whatever the umask") {
  const test::Scratch scratch;
  const std::string directory = scratch / "store";
  REQUIRE(::mkdir(directory.c_str(), 0700) == 0);
  REQUIRE(::chmod(directory.c_str(), 02770) == 0);
  const mode_t umask = ::umask(0077);
  ask(*open_sqlite(directory));
  ::umask(umask);
  for (const char* file : {"jit-run.db", "jit-run.db-wal", "jit-run.db-shm", "wake"}) {
    INFO(file);
    CHECK(mode_of(directory + "/" + file) == 0660);
  }
}

TEST_CASE("a directory that others could change is refused") {
  const test::Scratch scratch;
  const std::string directory = scratch / "store";
  REQUIRE(::mkdir(directory.c_str(), 0700) == 0);
  REQUIRE(::chmod(directory.c_str(), 0707) == 0);
  CHECK(mentions(refusal(directory), "everybody may write"));
  REQUIRE(::chmod(directory.c_str(), 0770) == 0);
  CHECK(mentions(refusal(directory), "not set up to be shared"));
  REQUIRE(::chmod(directory.c_str(), 02777) == 0);
  CHECK(mentions(refusal(directory), "everybody may write"));
  REQUIRE(::chmod(directory.c_str(), 0700) == 0);
  CHECK(refusal(directory).empty());
  REQUIRE(::chmod(scratch.path().c_str(), 0777) == 0);
  CHECK(mentions(refusal(directory), "a directory above the store"));
  REQUIRE(::chmod(scratch.path().c_str(), 01777) == 0);
  CHECK(refusal(directory).empty());
}

TEST_CASE("somebody else's directory or database is refused") {
  if (::geteuid() != 0) return;  // Only root can give files away.
  const test::Scratch scratch;
  const std::string directory = scratch / "store";
  CHECK(refusal(directory).empty());
  REQUIRE(::chown((directory + "/jit-run.db").c_str(), 12345, 12345) == 0);
  CHECK(mentions(refusal(directory), "belongs to uid 12345"));
  REQUIRE(::chown(directory.c_str(), 12345, 12345) == 0);
  CHECK(mentions(refusal(directory), "belongs to uid:12345"));
}

TEST_CASE("a database that is a symbolic link, a FIFO or a directory is refused") {
  const test::Scratch scratch;
  REQUIRE(refusal(scratch / "real").empty());
  for (const int kind : {0, 1, 2}) {
    const std::string directory = scratch / ("store" + std::to_string(kind));
    const std::string file = directory + "/jit-run.db";
    REQUIRE(::mkdir(directory.c_str(), 0700) == 0);
    if (kind == 0) REQUIRE(::symlink((scratch / "real/jit-run.db").c_str(), file.c_str()) == 0);
    if (kind == 1) REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    if (kind == 2) REQUIRE(::mkdir(file.c_str(), 0700) == 0);
    CHECK(mentions(refusal(directory), "not a regular file"));
  }
}

TEST_CASE("a directory that is reached through a symbolic link is fine") {
  const test::Scratch scratch;
  REQUIRE(::mkdir((scratch / "real").c_str(), 0700) == 0);
  REQUIRE(::symlink("real", (scratch / "link").c_str()) == 0);
  const Request request = ask(*open_sqlite(scratch / "link"));
  CHECK(open_sqlite(scratch / "real")->get(request.id));
}

TEST_CASE("names that mean something in a URI are names") {
  const test::Scratch scratch;
  const std::string directory = scratch / "a?mode=memory#b%20c d";
  const Request request = ask(*open_sqlite(directory));
  CHECK(open_sqlite(directory)->get(request.id));
  CHECK(mode_of(directory + "/jit-run.db") == 0600);
}

TEST_CASE("a database of another program, or of a newer jit-run, is left alone") {
  const test::Scratch scratch;
  const std::string directory = scratch / "store";
  REQUIRE(::mkdir(directory.c_str(), 0700) == 0);
  run_sql(directory + "/jit-run.db", "CREATE TABLE songs (title TEXT); PRAGMA user_version = 1");
  REQUIRE(::chmod((directory + "/jit-run.db").c_str(), 0600) == 0);
  CHECK(mentions(refusal(directory), "another program"));
  CHECK(mentions(refusal(directory, Access::read_only), "another program"));

  REQUIRE(refusal(scratch / "ours").empty());
  run_sql(scratch / "ours/jit-run.db", "PRAGMA user_version = 99");
  CHECK(mentions(refusal(scratch / "ours"), "newer jit-run"));
}

TEST_CASE("a store is looked at without being made or changed") {
  const test::Scratch scratch;
  const std::string directory = scratch / "store";
  CHECK_FALSE(inspect(directory).exists);
  CHECK_FALSE(std::filesystem::exists(directory));
  ask(*open_sqlite(directory));
  const Inspection whole = inspect(directory);
  CHECK((whole.exists && !whole.older && !whole.other_owner));

  run_sql(directory + "/jit-run.db", "PRAGMA user_version = 1; PRAGMA wal_checkpoint(TRUNCATE)");
  std::filesystem::remove(directory + "/jit-run.db-wal");
  std::filesystem::remove(directory + "/jit-run.db-shm");
  CHECK(inspect(directory).older);
  CHECK_FALSE(std::filesystem::exists(directory + "/jit-run.db-wal"));
  CHECK_FALSE(std::filesystem::exists(directory + "/jit-run.db-shm"));
  run_sql(directory + "/jit-run.db", "PRAGMA user_version = 99");
  CHECK_THROWS_WITH(inspect(directory), Catch::Contains("newer jit-run"));
  REQUIRE(::chmod(directory.c_str(), 0777) == 0);
  CHECK_THROWS_WITH(inspect(directory), Catch::Contains("everybody may write it"));
}

TEST_CASE("the owner of a store is told to others") {
  if (::geteuid() != 0) return;
  const test::Scratch scratch;
  const std::string directory = scratch / "store";
  ask(*open_sqlite(directory));
  REQUIRE(::chown((directory + "/jit-run.db").c_str(), 65534, 65534) == 0);
  REQUIRE(other_owner(directory));
  CHECK(other_owner(directory)->user == 65534);
  REQUIRE(::chown(directory.c_str(), 65533, 65534) == 0);
  CHECK(inspect(directory).other_owner->user == 65533);
  REQUIRE(::chmod(directory.c_str(), 02770) == 0);  // a team's: root opens nothing there, either
  CHECK(inspect(directory).other_owner->user == 65533);
  CHECK(inspect(directory).other_owner->group == 65534);
}

TEST_CASE("a file that is no database, and a damaged one, are said to be so") {
  const test::Scratch scratch;
  const std::string directory = scratch / "store";
  REQUIRE(::mkdir(directory.c_str(), 0700) == 0);
  std::ofstream(directory + "/jit-run.db") << std::string(8192, 'x');
  REQUIRE(::chmod((directory + "/jit-run.db").c_str(), 0600) == 0);
  CHECK(mentions(refusal(directory), "damaged"));
}

TEST_CASE("a database that is locked for long is said to be so, after about five seconds") {
  const test::Scratch scratch;
  const auto store = open_sqlite(scratch / "store");
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open((scratch / "store/jit-run.db").c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  const auto before = std::chrono::steady_clock::now();
  CHECK_THROWS_WITH(ask(*store), Catch::Contains("locked for long: another program holds it"));
  const auto waited = std::chrono::steady_clock::now() - before;
  CHECK(waited > std::chrono::seconds{4});
  sqlite3_close(other);
  CHECK(ask(*store).state == approval::State::pending);
}

TEST_CASE("reading needs a store, and leaves it as it is") {
  const test::Scratch scratch;
  CHECK(mentions(refusal(scratch / "store", Access::read_only), "there is no store"));
  CHECK(::access((scratch / "store").c_str(), F_OK) != 0);
  ask(*open_sqlite(scratch / "store"));
  const auto store = open_sqlite(scratch / "store", Access::read_only);
  CHECK(store->list({}).size() == 1);
  CHECK_THROWS_AS(ask(*store), util::Error);
}

TEST_CASE("who may only read can read: while others write, and from a copy without its -wal and -shm") {
  if (::geteuid() != 0) return;  // Needs another user.
  const test::Scratch scratch;
  const std::string directory = scratch / "store";
  const auto store = open_sqlite(directory);
  const Request request = ask(*store);
  REQUIRE(::chmod(scratch.path().c_str(), 0755) == 0);
  REQUIRE(::chmod(directory.c_str(), 0755) == 0);
  const auto read_as_nobody = [&](const std::string& place, std::size_t expected) {
    return test::in_parallel(1,
                             [&](int) {
                               if (::setgid(65534) != 0 || ::setuid(65534) != 0) return 9;
                               const auto reader = open_sqlite(place, Access::read_only);
                               if (verify(*reader, {}).problem) return 8;
                               return reader->list({}).size() == expected ? 0 : 7;
                             })
        .front();
  };
  for (const char* file : {"jit-run.db", "jit-run.db-wal", "jit-run.db-shm"}) {
    REQUIRE(::chmod((directory + "/" + file).c_str(), 0644) == 0);
  }
  CHECK(read_as_nobody(directory, 1) == 0);
  ask(*store);
  CHECK(read_as_nobody(directory, 2) == 0);

  const std::string copy = scratch / "copy";
  REQUIRE(::mkdir(copy.c_str(), 0755) == 0);
  run_sql(directory + "/jit-run.db", "PRAGMA wal_checkpoint(TRUNCATE)");
  std::filesystem::copy_file(directory + "/jit-run.db", copy + "/jit-run.db");
  REQUIRE(::chmod((copy + "/jit-run.db").c_str(), 0444) == 0);
  CHECK(read_as_nobody(copy, 2) == 0);
}

TEST_CASE("file systems that machines share are known") {
  CHECK(shared_file_system(NFS_SUPER_MAGIC) == "NFS");
  CHECK(shared_file_system(static_cast<long>(0xff534d42)) == "CIFS");
  CHECK(shared_file_system(static_cast<int>(0xff534d42)) == "CIFS");  // f_type is an int on some machines
  CHECK(shared_file_system(V9FS_MAGIC) == "9P");
  for (const long local : {static_cast<long>(EXT4_SUPER_MAGIC), static_cast<long>(TMPFS_MAGIC),
                           static_cast<long>(BTRFS_SUPER_MAGIC), static_cast<long>(OVERLAYFS_SUPER_MAGIC)}) {
    CHECK_FALSE(shared_file_system(local));
  }
}
