#pragma once
#include <vector>

#include "approval/life_cycle.hpp"
#include "store/store.hpp"

namespace jit::service {

/// Whom a transition at `now` is told to, as its request's requirement says; reminders and escalations among
/// them, for when nobody decides.
std::vector<store::Notice> notices_of(const approval::Transition& transition, util::Time now);

/// Writes them down, in the transaction that makes the transition, and takes back what it makes untrue.
void tell(store::Transaction& transaction, const approval::Transition& transition);

}  // namespace jit::service
