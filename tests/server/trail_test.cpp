#include "server/trail.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "store/sqlite_store.hpp"
#include "support/scratch.hpp"

namespace jit::server {
namespace {

using util::Json;

Json page(store::Store& store, const std::string& query) {
  return Json::parse(audit_page(store, *parse_target("/v1/audit?" + query)).body);
}

TEST_CASE("a search of the trail is made of pages, each of a bounded number of entries") {
  const test::Scratch scratch;
  const auto store = store::open_sqlite(scratch / "store");
  store->write([](store::Transaction& transaction) {
    for (int i = 0; i < 2500; ++i)
      transaction.append({transaction.now(), i == 2300 ? "bob" : "alice", "asked", "", nullptr});
  });

  int pages = 0;
  std::vector<int> found;
  for (Json next = "0"; next.is_string(); ++pages) {
    Json got = page(*store, "actor=bob&cursor=" + next.get<std::string>());
    for (const Json& entry : got["entries"]) found.push_back(entry["entry"]["seq"].get<int>());
    next = got["next"];
  }
  CHECK(found == std::vector<int>{2301});
  CHECK(pages == 3);

  const Json first = page(*store, "limit=2");
  CHECK(first["entries"].size() == 2);
  CHECK(first["next"] == "2");
  CHECK(page(*store, "cursor=2498")["entries"].size() == 2);
  CHECK(page(*store, "cursor=2498")["next"].is_null());
  CHECK(page(*store, "cursor=9000000000")["next"].is_null());
}

}  // namespace
}  // namespace jit::server
