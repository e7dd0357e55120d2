#pragma once
#include <optional>
#include <string>
#include <vector>

#include "store/database.hpp"
#include "store/notice.hpp"

namespace jit::store {

/// The outbox. Nothing here begins or ends a transaction.

void put_notice(Database& database, const Notice& notice);
/// Takes back what was not tried yet: reminders and escalations or, with `all`, everything of this request.
void drop_notices(Database& database, const std::string& request, bool all);
void settle_notice(Database& database, const Told& told);
/// Deletes what ended before `before`, some at a time. False when nothing did.
bool prune_notices(Database& database, util::Time before);

/// Of each request the first that waits, by number; what is not due yet holds up nothing.
std::vector<Notice> due_notices(Database& database, const std::string& channel, util::Time now, int limit);
/// The channels for which something waits.
std::vector<std::string> channels_of_notices(Database& database);
std::optional<util::Time> next_notice(Database& database, util::Time after);
/// When time alone moves the next request on, and whether one that is told of can still move.
std::optional<util::Time> next_deadline(Database& database);
bool may_come_more(Database& database);
std::string find_reference(Database& database, const std::string& request, const std::string& channel);
std::vector<ChannelStatus> notice_status(Database& database);

}  // namespace jit::store
