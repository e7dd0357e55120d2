#pragma once
#include <compiled_generated.h>

#include <cstdint>
#include <string>

namespace jit::policy {

/// Calls `visit` with the rules of a file that may match a command of this name, in the file's order, until
/// it says that it has seen enough.
template <typename Visit>
void each_rule(const compiled::File& file, const std::string& name, Visit visit) {
  const auto* entry = file.named()->LookupByKey(name.c_str());
  const auto* named = entry == nullptr ? nullptr : entry->rules();
  const auto* others = file.others();
  const std::uint32_t named_count = named == nullptr ? 0 : named->size();
  std::uint32_t i = 0;
  std::uint32_t j = 0;
  while (i < named_count || j < others->size()) {
    const bool take_named = i < named_count && (j == others->size() || named->Get(i) < others->Get(j));
    const std::uint32_t index = take_named ? named->Get(i++) : others->Get(j++);
    if (index < file.rules()->size() && !visit(*file.rules()->Get(index))) return;
  }
}

}  // namespace jit::policy
