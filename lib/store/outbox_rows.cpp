#include "store/outbox_rows.hpp"

namespace jit::store {
namespace {

std::int64_t moment(util::Time time) {
  return time.time_since_epoch().count();
}

util::Time moment_at(const Query& row, int column) {
  return util::Time{util::Millis{row.integer(column)}};
}

const char* word_of(Told::Result result) {
  switch (result) {
    case Told::Result::later:
      return "later";
    case Told::Result::delivered:
      return "delivered";
    case Told::Result::given_up:
      return "given up";
  }
  return "later";
}

}  // namespace

void put_notice(Database& database, const Notice& notice) {
  Query(database,
        "INSERT INTO notices (request, channel, event, about, made_at, due_at, attempts) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)",
        notice.request, notice.channel, notice.event, notice.about, moment(notice.made_at),
        moment(notice.due_at))
      .run();
}

void drop_notices(Database& database, const std::string& request, bool all) {
  Query(database,
        "DELETE FROM notices WHERE request = ?1 AND result IS NULL AND attempts = 0 AND "
        "(?2 = 1 OR event IN ('remind', 'escalate'))",
        request, std::int64_t{all ? 1 : 0})
      .run();
}

void settle_notice(Database& database, const Told& told) {
  if (told.reference) {
    Query(database,
          "INSERT INTO notice_references (request, channel, reference) "
          "SELECT request, channel, ?2 FROM notices WHERE number = ?1 "
          "ON CONFLICT (request, channel) DO UPDATE SET reference = excluded.reference",
          told.number, *told.reference)
        .run();
  }
  const bool over = told.result != Told::Result::later;
  const auto at = moment(told.at);
  Query(database,
        "UPDATE notices SET attempts = attempts + 1, due_at = ?2, done_at = ?3, result = ?4, "
        "problem = coalesce(?5, problem), problem_at = iif(?5 IS NULL, problem_at, ?6) "
        "WHERE number = ?1 AND result IS NULL",
        told.number, moment(over ? told.at : told.due_at), over ? std::optional(at) : std::nullopt,
        over ? std::optional(std::string(word_of(told.result))) : std::nullopt,
        told.problem.empty() ? std::nullopt : std::optional(told.problem), at)
      .run();
}

bool prune_notices(Database& database, util::Time before) {
  Query(database,
        "DELETE FROM notices WHERE number IN (SELECT number FROM notices WHERE done_at < ?1 LIMIT 1000)",
        moment(before))
      .run();
  const bool any = database.changes() > 0;
  if (any) {
    Query(database,
          "DELETE FROM notice_references WHERE NOT EXISTS "
          "(SELECT 1 FROM notices WHERE notices.request = notice_references.request)")
        .run();
  }
  return any;
}

std::vector<Notice> due_notices(Database& database, const std::string& channel, util::Time now, int limit) {
  Query query(database,
              "SELECT number, request, channel, event, about, made_at, due_at, attempts, problem "
              "FROM notices AS one WHERE result IS NULL AND channel = ?1 AND due_at <= ?2 AND NOT EXISTS "
              "(SELECT 1 FROM notices AS before WHERE before.request = one.request AND "
              "before.channel = one.channel AND before.result IS NULL AND before.number < one.number AND "
              "(before.attempts > 0 OR before.due_at <= ?2)) ORDER BY number LIMIT ?3",
              channel, moment(now), std::int64_t{limit});
  std::vector<Notice> notices;
  while (query.next()) {
    notices.push_back({query.integer(0), std::string(query.text(1)), std::string(query.text(2)),
                       std::string(query.text(3)), std::string(query.text(4)), moment_at(query, 5),
                       moment_at(query, 6), static_cast<int>(query.integer(7)), std::string(query.text(8))});
  }
  return notices;
}

std::vector<std::string> channels_of_notices(Database& database) {
  Query query(database, "SELECT DISTINCT channel FROM notices WHERE result IS NULL");
  std::vector<std::string> channels;
  while (query.next()) channels.emplace_back(query.text(0));
  return channels;
}

std::optional<util::Time> next_notice(Database& database, util::Time after) {
  Query query(database, "SELECT min(due_at) FROM notices WHERE result IS NULL AND due_at > ?1",
              moment(after));
  if (!query.next() || query.is_null(0)) return std::nullopt;
  return moment_at(query, 0);
}

std::optional<util::Time> next_deadline(Database& database) {
  Query query(database, "SELECT min(deadline) FROM requests WHERE deadline IS NOT NULL");
  if (!query.next() || query.is_null(0)) return std::nullopt;
  return moment_at(query, 0);
}

bool may_come_more(Database& database) {
  Query query(database,
              "SELECT 1 FROM requests WHERE deadline IS NOT NULL AND EXISTS "
              "(SELECT 1 FROM notices WHERE notices.request = requests.id) "
              "UNION ALL SELECT 1 FROM notices WHERE result IS NULL LIMIT 1");
  return query.next();
}

std::string find_reference(Database& database, const std::string& request, const std::string& channel) {
  Query query(database, "SELECT reference FROM notice_references WHERE request = ?1 AND channel = ?2",
              request, channel);
  return query.next() ? std::string(query.text(0)) : "";
}

std::vector<ChannelStatus> notice_status(Database& database) {
  // With max(), SQLite takes the other columns from the row that has it.
  Query query(database,
              "SELECT channel, sum(result IS 'delivered'), sum(result IS NULL), sum(result IS 'given up'), "
              "problem, max(problem_at) FROM notices GROUP BY channel ORDER BY channel");
  std::vector<ChannelStatus> all;
  while (query.next()) {
    ChannelStatus status{std::string(query.text(0)), query.integer(1),           query.integer(2),
                         query.integer(3),           std::string(query.text(4)), std::nullopt};
    if (!query.is_null(5)) status.problem_at = moment_at(query, 5);
    all.push_back(std::move(status));
  }
  return all;
}

}  // namespace jit::store
