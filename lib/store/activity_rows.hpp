#pragma once
#include <functional>
#include <optional>
#include <string>

#include "store/activity.hpp"
#include "store/database.hpp"

namespace jit::store {

/// What is kept of a request so that it is found as somebody's activity. Like store/rows.hpp: nothing here
/// begins or ends a transaction.

/// Of a request that has just been inserted; reads its context.
void insert_subjects(Database& database, const approval::Request& request);
/// Of a request that has just been updated.
void update_subjects(Database& database, const approval::Request& request, util::Time now);

Activity read_activity(Database& database, const ActivityFilter& filter, util::Time now);

/// See Store::why_not_in_activity and Store::read_commands.
std::optional<std::string> why_not_in_activity(Database& database, const approval::Request& request,
                                               util::Time started_at, util::Time now);
void read_commands(Database& database,
                   const std::function<void(const std::string&, const std::string&)>& visit);

}  // namespace jit::store
