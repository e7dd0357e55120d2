#pragma once
#include "store/database.hpp"

namespace jit::store {

/// Brings an empty or older database to the form that this program knows, each step in one transaction.
/// Throws Error for a database of another program, or of a newer jit-run.
void migrate(Database& database);
/// Throws Error unless it is a store, of this form or an older one.
void require_ours(Database& database);
/// The same checks as migrate's, for somebody who only reads.
void require_known(Database& database);
/// The same, for somebody who only looks: false for what migrate would change.
bool is_newest(Database& database);

}  // namespace jit::store
