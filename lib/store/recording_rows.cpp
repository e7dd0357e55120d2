#include "store/recording_rows.hpp"

#include "util/error.hpp"

namespace jit::store {

using approval::RequestId;

void append_recording(Database& database, const RequestId& id, int use, std::size_t start,
                      const std::string& bytes) {
  Query(database, "INSERT INTO recordings (request, use, start, bytes) VALUES (?1, ?2, ?3, ?4)", id.text(),
        std::int64_t{use}, static_cast<std::int64_t>(start), bytes)
      .run();
}

std::vector<std::string> recorded_requests(Database& database) {
  Query query(database, "SELECT DISTINCT request FROM recordings ORDER BY request");
  std::vector<std::string> requests;
  while (query.next()) requests.emplace_back(query.text(0));
  return requests;
}

std::vector<int> recorded_uses(Database& database, const RequestId& id) {
  Query query(database, "SELECT DISTINCT use FROM recordings WHERE request = ?1 ORDER BY use", id.text());
  std::vector<int> uses;
  while (query.next()) uses.push_back(static_cast<int>(query.integer(0)));
  return uses;
}

std::size_t recording_size(Database& database, const RequestId& id, int use) {
  Query query(database,
              "SELECT start + length(CAST(bytes AS BLOB)) FROM recordings WHERE request = ?1 AND use = ?2 "
              "ORDER BY start DESC LIMIT 1",
              id.text(), std::int64_t{use});
  return query.next() ? static_cast<std::size_t>(query.integer(0)) : 0;
}

void read_recording(Database& database, const RequestId& id, int use,
                    const std::function<void(std::string_view)>& visit) {
  Query query(database, "SELECT start, bytes FROM recordings WHERE request = ?1 AND use = ?2 ORDER BY start",
              id.text(), std::int64_t{use});
  std::size_t size = 0;
  while (query.next()) {
    const std::string_view bytes = query.text(1);
    if (bytes.empty() || query.integer(0) != static_cast<std::int64_t>(size))
      throw util::Error("the pieces of the recording of request " + id.brief() + ", use " +
                            std::to_string(use) + ", are not as they were kept",
                        "jit-audit verify shows what else is damaged");
    size += bytes.size();
    visit(bytes);
  }
}

}  // namespace jit::store
