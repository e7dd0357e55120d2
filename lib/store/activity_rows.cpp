#include "store/activity_rows.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "approval/subjects.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::store {
namespace {

using approval::Request;
using approval::RequestId;
using approval::State;

// Where nobody reports when a command ends, it is taken to run for so long; and where somebody should, but
// was killed, for so long.
constexpr std::chrono::hours kUnreported{1};
constexpr std::chrono::hours kReported{24};

std::int64_t millis_of(util::Time time) {
  return time.time_since_epoch().count();
}

util::Time moment_of(std::int64_t value) {
  return util::Time{util::Millis{value}};
}

State state_named(std::string_view text) {
  const auto state = approval::parse_state(text);
  if (!state) throw util::Error("the store has a request in no known state", "jit-audit verify");
  return *state;
}

RequestId request_named(std::string_view text) {
  const auto id = RequestId::parse(text);
  if (!id) throw util::Error("the store has a request whose id is none", "jit-audit verify");
  return *id;
}

util::Millis longest_run(const Request& request) {
  return request.requirement.record == policy::Record::none ? kUnreported : kReported;
}

// What is counted of somebody, each by an index of its own: of those who ask often, no few are lost among
// many.
struct Counted {
  const char* sql;  // the newest first: requests are numbered in the order in which they were made
  std::size_t RequestCounts::*count;
};
constexpr std::array<Counted, 3> kCounted{{
    {"SELECT created_at, id FROM requests INDEXED BY requests_by_requester WHERE requester = ?1 "
     "ORDER BY number DESC LIMIT ?2",
     &RequestCounts::requests},
    {"SELECT created_at, id FROM requests INDEXED BY denied_by_requester "
     "WHERE requester = ?1 AND state = 'denied' ORDER BY number DESC LIMIT ?2",
     &RequestCounts::denied},
    {"SELECT created_at, id FROM broken_glass JOIN requests USING (number) WHERE requester = ?1 "
     "ORDER BY number DESC LIMIT ?2",
     &RequestCounts::break_glass},
}};

void read_counts(Database& database, const ActivityFilter& filter, util::Time now, Activity& activity) {
  const auto day = millis_of(now - std::chrono::days{1});
  const auto week = millis_of(now - std::chrono::days{7});
  for (const auto& [sql, count] : kCounted) {
    Query query(database, sql, filter.requester, static_cast<std::int64_t>(kMostCounted + 1));
    while (query.next()) {
      if (filter.except && query.text(1) == filter.except->text()) continue;
      if (query.integer(0) < week || activity.week.*count == kMostCounted) break;
      ++(activity.week.*count);
      if (query.integer(0) >= day) ++(activity.day.*count);
    }
  }
}

void read_runs(Database& database, const ActivityFilter& filter, Activity& activity) {
  constexpr std::int64_t kMostLookedAt = 100;
  if (filter.command.empty()) return;
  Query query(database,
              "SELECT created_at, requester, state, id, request ->> '$.outcome.status' FROM "
              "(SELECT number FROM commands WHERE command = ?1 ORDER BY number DESC LIMIT ?2) "
              "JOIN requests USING (number) WHERE state NOT IN ('pending', 'approved') "
              "ORDER BY number DESC LIMIT ?3",
              filter.command, kMostLookedAt, static_cast<std::int64_t>(kMostListed + 1));
  while (query.next() && activity.runs.size() < kMostListed) {
    if (filter.except && query.text(3) == filter.except->text()) continue;
    EarlierRun run{moment_of(query.integer(0)), std::string(query.text(1)), state_named(query.text(2))};
    if (!query.is_null(4)) run.status = query.integer(4);
    activity.runs.push_back(std::move(run));
  }
}

std::vector<std::string> systems_about(Database& database, std::int64_t number) {
  Query query(database,
              "SELECT system FROM in_flight INDEXED BY in_flight_by_number WHERE number = ?1 ORDER BY system",
              number);
  std::vector<std::string> systems;
  while (query.next()) systems.emplace_back(query.text(0));
  return systems;
}

// What is found of one system, and was not found of another. `runs`: what has started; however much waits,
// that is found.
void read_in_flight_of(Database& database, const std::string& system, bool runs, const ActivityFilter& filter,
                       util::Time now, std::set<std::int64_t>& seen, Activity& activity) {
  Query query(database,
              "SELECT number, id, requester, state FROM in_flight JOIN requests USING (number) "
              "WHERE system = ?1 AND coalesce(ends_at, deadline) > ?2 "
              "AND NOT (requester = ?3 AND state = 'approved' AND EXISTS "
              "(SELECT 1 FROM commands WHERE command = ?4 AND commands.number = in_flight.number)) "
              "AND (state = 'started') = ?6 ORDER BY number DESC LIMIT ?5",
              system, millis_of(now), filter.requester, filter.command,
              static_cast<std::int64_t>(kMostCounted), std::int64_t{runs ? 1 : 0});
  while (query.next()) {
    if (filter.except && query.text(1) == filter.except->text()) continue;
    if (!seen.insert(query.integer(0)).second) continue;
    InFlight other{request_named(query.text(1)), std::string(query.text(2)), state_named(query.text(3)), {}};
    ++(runs ? activity.running : activity.waiting);
    const auto listed = std::count_if(activity.in_flight.begin(), activity.in_flight.end(),
                                      [&](const auto& one) { return (one.state == State::started) == runs; });
    if (static_cast<std::size_t>(listed) >= kMostListed) continue;
    other.systems = systems_about(database, query.integer(0));
    activity.in_flight.push_back(std::move(other));
  }
}

void read_in_flight(Database& database, const ActivityFilter& filter, util::Time now, Activity& activity) {
  std::set<std::int64_t> seen;
  for (const auto& system : filter.systems) {
    for (const bool runs : {true, false})
      read_in_flight_of(database, system, runs, filter, now, seen, activity);
  }
  auto& all = activity.in_flight;
  std::stable_partition(all.begin(), all.end(), [](const auto& one) { return one.state == State::started; });
  if (all.size() > kMostListed) all.erase(all.begin() + kMostListed, all.end());
}

// Started long ago, and never reported: nobody looks at it any more.
void forget_ended(Database& database, const std::string& system, util::Time now) {
  constexpr std::int64_t kAtOnce = 100;
  Query(database,
        "DELETE FROM in_flight WHERE system = ?1 AND number IN "
        "(SELECT number FROM in_flight WHERE system = ?1 AND ends_at <= ?2 LIMIT ?3)",
        system, millis_of(now), kAtOnce)
      .run();
}

}  // namespace

void insert_subjects(Database& database, const Request& request) {
  if (!request.context) return;
  const std::string command = approval::command_fingerprint(*request.context);
  if (!command.empty()) {
    Query(database, "INSERT INTO commands (command, number) SELECT ?2, number FROM requests WHERE id = ?1",
          request.id.text(), command)
        .run();
  }
  for (const auto& system : approval::system_names(*request.context)) {
    forget_ended(database, system, request.created_at);
    Query(database, "INSERT INTO in_flight (system, number) SELECT ?2, number FROM requests WHERE id = ?1",
          request.id.text(), system)
        .run();
  }
}

std::optional<std::string> why_not_in_activity(Database& database, const Request& request,
                                               util::Time started_at, util::Time now) {
  const bool is_started = request.state == State::started;
  const std::string id = request.id.text();
  const auto systems = approval::system_names(*request.context);
  std::set<std::string> missing;
  if (is_started || !approval::is_over(request.state)) missing.insert(systems.begin(), systems.end());
  const std::int64_t ends_at = millis_of(started_at + longest_run(request));
  Query rows(database,
             "SELECT system, ends_at FROM in_flight INDEXED BY in_flight_by_number WHERE number = "
             "(SELECT number FROM requests WHERE id = ?1)",
             id);
  while (rows.next()) {
    if (missing.erase(std::string(rows.text(0))) == 0)
      return "it is found in flight on " + util::visible(rows.text(0)) + ", and is not";
    if (is_started ? rows.is_null(1) || rows.integer(1) != ends_at : !rows.is_null(1))
      return "it is not found in flight for as long as it is";
  }
  // Of what has started, and may have ended, rows are forgotten (see forget_ended).
  if (!missing.empty() && (!is_started || ends_at > millis_of(now)))
    return "it is not found in flight on " + util::visible(*missing.begin()) + ", and is";
  return std::nullopt;
}

void read_commands(Database& database,
                   const std::function<void(const std::string&, const std::string&)>& visit) {
  Query rows(database, "SELECT coalesce(id, ''), command FROM commands LEFT JOIN requests USING (number)");
  while (rows.next()) visit(std::string(rows.text(0)), std::string(rows.text(1)));
}

void update_subjects(Database& database, const Request& request, util::Time now) {
  const std::string id = request.id.text();
  if (request.state == State::started) {
    Query(database,
          "UPDATE in_flight SET ends_at = coalesce(ends_at, ?2) WHERE number = (SELECT number FROM requests "
          "WHERE id = ?1)",
          id, millis_of(now + longest_run(request)))
        .run();
    if (request.review_by)
      Query(database, "INSERT OR IGNORE INTO broken_glass (number) SELECT number FROM requests WHERE id = ?1",
            id)
          .run();
  } else if (approval::is_over(request.state)) {
    Query(database, "DELETE FROM in_flight WHERE number = (SELECT number FROM requests WHERE id = ?1)", id)
        .run();
  }
}

Activity read_activity(Database& database, const ActivityFilter& filter, util::Time now) {
  Activity activity;
  read_counts(database, filter, now, activity);
  read_runs(database, filter, activity);
  read_in_flight(database, filter, now, activity);
  return activity;
}

}  // namespace jit::store
