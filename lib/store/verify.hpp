#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "audit/chain.hpp"
#include "store/store.hpp"

namespace jit::store {

/// What checking a trail found.
struct Verification {
  std::int64_t intact = 0;             // entries that continue the chain, from the first one on
  std::string head;                    // the hash of the last of them
  std::optional<std::string> problem;  // the first thing that is wrong, in words
};

/// What else is looked for in an entry that continues the chain: what is wrong with it, in words.
using AlsoCheck = std::function<std::optional<std::string>(const util::Json& entry)>;

/// Checks the store's chain, and that each request is where its entries left it: so a trail that was cut at
/// its end, or a request that was edited, is found too. With `sought`, an entry with that hash must be in the
/// chain.
Verification verify(Store& store, const std::optional<std::string>& sought, const AlsoCheck& also = {});

/// Checks a chain that is given entry by entry; `next` gives nullopt at its end, and throws Error for what is
/// none.
Verification verify(const std::function<std::optional<audit::Entry>()>& next,
                    const std::optional<std::string>& sought, const AlsoCheck& also = {});

}  // namespace jit::store
