#include "server/trail.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "server/input.hpp"

namespace jit::server {
namespace {

using util::Json;

constexpr std::int64_t kLargestPage = 1000;
constexpr std::int64_t kMostLookedAt = 1000;
constexpr int kEventsAtOnce = 100;

}  // namespace

Reply audit_page(store::Store& store, const Target& target) {
  const auto limit = number_of(target, "limit", 100, 1, kLargestPage);
  const auto after = number_of(target, "cursor", 0, 0, std::int64_t{1} << 53U);
  const store::AuditFilter filter{std::nullopt, value_of(target, "actor"), value_of(target, "request"), after,
                                  after + kMostLookedAt};
  Json entries = Json::array();
  bool is_full = false;
  store.read_audit(filter, [&](const audit::Entry& entry) {
    entries.push_back({{"entry", *entry.entry}, {"hash", entry.hash}});
    is_full = static_cast<std::int64_t>(entries.size()) == limit;
    return !is_full;
  });
  Json next;
  if (is_full) {
    next = entries.back()["entry"].value("seq", Json()).dump();
  } else if (store.last_entry() > filter.last) {
    next = std::to_string(filter.last);
  }
  return json_reply(200, {{"entries", std::move(entries)}, {"next", std::move(next)}});
}

Reply events_after(store::Store& store, const std::string& last_known) {
  std::int64_t last = 0;
  const char* end = last_known.data() + last_known.size();
  const auto read = std::from_chars(last_known.data(), end, last);
  Reply reply{200, {{"Content-Type", "text/event-stream"}}, ""};
  const auto add = [&](const std::string& id, const Json& data) {
    reply.body += "id: " + id + "\nevent: change\ndata: " + util::compact_json(data) + "\n\n";
    reply.headers[kLastEvent] = id;
  };
  const std::int64_t newest = store.last_entry();
  if (read.ec != std::errc() || read.ptr != end || last < 0 || last > newest) {
    // Who knows of none hears of what is to come; so does who knows of some that a restored store has lost.
    add(std::to_string(newest), Json::object());
    return reply;
  }
  reply.headers[kLastEvent] = last_known;
  int count = 0;
  store.read_changes(last, [&](const store::Change& change) {
    add(std::to_string(change.seq), {{"request", change.request}, {"type", change.type}});
    return ++count < kEventsAtOnce;
  });
  return reply;
}

}  // namespace jit::server
