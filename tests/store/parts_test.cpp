// Writes within a write, and what a server keeps beside the requests.
#include <catch2/catch.hpp>

#include "store/database.hpp"
#include "store/sqlite_store.hpp"
#include "support/scratch.hpp"
#include "util/error.hpp"

namespace jit::store {
namespace {

audit::Draft entry(Transaction& transaction, const std::string& type) {
  return {transaction.now(), "alice", type, "", nullptr};
}

std::vector<std::string> types(Store& store) {
  std::vector<std::string> types;
  store.read_audit({}, [&](const audit::Entry& each) {
    types.push_back((*each.entry)["type"]);
    return true;
  });
  return types;
}

TEST_CASE("a part that throws is undone, and the rest stays") {
  const test::Scratch scratch;
  const auto store = open_sqlite(scratch / "store");
  store->write([&](Transaction& whole) {
    whole.append(entry(whole, "first"));
    CHECK_THROWS_AS(store->write([&](Transaction& part) {
      part.append(entry(part, "undone"));
      store->write([&](Transaction& inner) { inner.append(entry(inner, "kept by the inner one only")); });
      throw util::Error("no");
    }),
                    util::Error);
    store->write([&](Transaction& part) { part.append(entry(part, "second")); });
    CHECK(store->last_entry() == 2);  // what is read meanwhile is what was written
  });
  CHECK(types(*store) == std::vector<std::string>{"first", "second"});
  CHECK(types(*open_sqlite(scratch / "store")).size() == 2);
  CHECK_THROWS_AS(store->write([&](Transaction& whole) {
    store->write([&](Transaction& part) { part.append(entry(part, "third")); });
    whole.append(entry(whole, "fourth"));
    throw util::Error("no");
  }),
                  util::Error);
  CHECK(types(*store).size() == 2);
}

TEST_CASE("tokens are found by their hash, and end") {
  const test::Scratch scratch;
  const auto store = open_sqlite(scratch / "store");
  const auto put = [&](const Token& token) {
    store->write([&](Transaction& transaction) { transaction.put(token); });
  };
  Token token{
      "id", "hash", "alice", {"request", "review"}, store->now(), store->now() + std::chrono::hours(1), {}};
  put(token);
  const auto found = store->find_token("hash");
  REQUIRE(found);
  CHECK(found->user == "alice");
  CHECK(found->scopes == token.scopes);
  CHECK(found->expires_at == token.expires_at);
  CHECK_FALSE(found->revoked_at);
  CHECK_FALSE(store->find_token("other"));
  token.revoked_at = store->now();
  token.user = "mallory";  // only its end can change
  put(token);
  CHECK(store->find_token("hash")->revoked_at == token.revoked_at);
  CHECK(store->find_token("hash")->user == "alice");
  CHECK(store->list_tokens().size() == 1);
}

TEST_CASE("an answer is kept for its actor and key") {
  const test::Scratch scratch;
  const auto store = open_sqlite(scratch / "store");
  store->write([&](Transaction& transaction) { transaction.keep({"alice", "k", "asked", "{}"}); });
  store->write([&](Transaction& transaction) {
    REQUIRE(transaction.find_reply("alice", "k"));
    CHECK(transaction.find_reply("alice", "k")->asked == "asked");
    CHECK_FALSE(transaction.find_reply("bob", "k"));
    CHECK_THROWS_AS(transaction.keep({"alice", "k", "other", "{}"}), util::Error);
  });
}

TEST_CASE("a store of the first form is brought up to date, and keeps what it has") {
  const test::Scratch scratch;
  {
    open_sqlite(scratch / "store")->write([&](Transaction& transaction) {
      transaction.append(entry(transaction, "old"));
    });
  }
  {
    Database database(scratch / "store/jit-run.db", Database::Mode::read_write);
    database.run(
        "DROP TABLE tokens; DROP TABLE replies; DROP TABLE recordings; DROP INDEX pending_by_requester; "
        "DROP INDEX requests_by_requester; DROP INDEX requests_to_review; "
        "ALTER TABLE requests DROP COLUMN review_by; DROP TABLE notices; DROP TABLE notice_references; "
        "DROP INDEX denied_by_requester; DROP TABLE commands; DROP TABLE in_flight; DROP TABLE broken_glass; "
        "PRAGMA user_version = 1");
  }
  CHECK_THROWS_AS(open_sqlite(scratch / "store", Access::read_only), util::Error);
  const auto store = open_sqlite(scratch / "store");
  CHECK(types(*store) == std::vector<std::string>{"old"});
  CHECK(store->list_tokens().empty());
  CHECK(store->count_pending("alice") == 0);
}

}  // namespace
}  // namespace jit::store
