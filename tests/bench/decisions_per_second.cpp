// Durable decisions per second against what SQLite itself commits on the same disk, with the same durability.
#include <sqlite3.h>

#include <nlohmann/json.hpp>

#include "backend/backend.hpp"
#include "bench.hpp"
#include "policy/policy_set.hpp"

using namespace jit;
using namespace jit::bench;

namespace {

double raw_commits(const std::string& path, int count) {
  sqlite3* database = nullptr;
  if (::sqlite3_open(path.c_str(), &database) != SQLITE_OK) return 0;
  ::sqlite3_exec(database,
                 "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (x TEXT) STRICT;", nullptr,
                 nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  ::sqlite3_prepare_v2(database, "INSERT INTO t VALUES ('decided')", -1, &insert, nullptr);
  const double before = now_ms();
  for (int i = 0; i < count; ++i) {
    ::sqlite3_exec(database, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
    ::sqlite3_step(insert);
    ::sqlite3_reset(insert);
    ::sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr);
  }
  const double seconds = (now_ms() - before) / 1000;
  ::sqlite3_finalize(insert);
  ::sqlite3_close(database);
  return count / seconds;
}

double decisions(const std::string& directory, int count) {
  const auto set = policy::Set::none();
  const auto backend = backend::open({"local:" + directory, directory, &set, policy::Effect::ask});
  std::vector<approval::RequestId> ids;
  for (int i = 0; i < count; ++i) {
    const util::Json context = {
        {"command", {{"argv", {"kubectl", "delete", "ns", std::to_string(i)}}, {"name", "kubectl"}}},
        {"user", {{"name", "bench"}}}};
    auto asked = backend->ask({std::make_shared<const util::Json>(context), "", "", {}});
    if (auto* view = std::get_if<approval::View>(&asked)) ids.push_back(view->request.id);
  }
  const double before = now_ms();
  for (const auto& id : ids) (void)backend->review(id, approval::ReviewVerdict::approve, "", {});
  return static_cast<double>(ids.size()) / ((now_ms() - before) / 1000);
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 1000;
  std::vector<double> ratios;
  double ours = 0;
  double raw = 0;
  for (int round = 0; round < 3; ++round) {
    const Scratch scratch;
    raw = raw_commits(scratch / "raw.db", count);
    ours = decisions(scratch / "store", count);
    ratios.push_back(ours / raw);
  }
  row("durable decisions per second", ours, "1/s", median(ratios), "raw SQLite commits", "(>= 0.5)");
}
