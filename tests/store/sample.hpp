#pragma once
#include <nlohmann/json.hpp>
#include <optional>

#include "approval/sample.hpp"
#include "store/sqlite_store.hpp"
#include "support/scratch.hpp"

namespace jit::store::sample {

using approval::Request;
using approval::RequestId;

/// A clock that tests set.
class HandClock final : public Clock {
 public:
  Moment moment{util::Time{std::chrono::hours{480'000}}, "boot", std::chrono::hours{1}};
  Moment read() override { return moment; }
  void pass(util::Millis time) {
    moment.wall += time;
    moment.since_boot += time;
  }
};

inline void record(Transaction& transaction, const approval::Transition& transition) {
  transaction.append(
      {transaction.now(), transition.actor, transition.type, transition.request.id.text(), transition.data});
}

/// Asks as alice; the request as it is stored.
inline Request ask(Store& store, const policy::Requirement& requirement = approval::sample::one_of_anyone(),
                   const std::string& requester = "alice") {
  const RequestId id = RequestId::random();
  std::optional<Request> made;
  store.write([&](Transaction& transaction) {
    const approval::Asked asked{approval::sample::digest(),
                                approval::sample::context(),
                                approval::sample::ask_for(requirement),
                                {requester, "", false},
                                "",
                                "",
                                {}};
    const auto transition = approval::make_request(asked, id, transaction.now());
    transaction.insert(transition.request);
    record(transaction, transition);
    made = transition.request;
  });
  return *made;
}

/// Applies an event as the service would; false when it was refused.
inline bool apply(Store& store, const RequestId& id, const approval::Event& event) {
  bool applied = false;
  store.write([&](Transaction& transaction) {
    auto request = *transaction.get(id);
    if (auto settled = approval::settle(request, transaction.now())) {
      transaction.update(settled->request);
      record(transaction, *settled);
      request = settled->request;
    }
    const auto result = approval::apply(request, event, approval::sample::roster(), transaction.now());
    if (const auto* transition = std::get_if<approval::Transition>(&result)) {
      transaction.update(transition->request);
      record(transaction, *transition);
      applied = true;
    }
  });
  return applied;
}

inline std::vector<audit::Entry> trail(Store& store, const AuditFilter& filter = {}) {
  std::vector<audit::Entry> entries;
  store.read_audit(filter, [&](const audit::Entry& entry) {
    entries.push_back(entry);
    return true;
  });
  return entries;
}

}  // namespace jit::store::sample
