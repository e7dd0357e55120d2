#pragma once
#include <optional>
#include <string>

#include "util/fd.hpp"

namespace jit::delivery {

/// Held by who tells of what is in the store of this directory; released when it goes out of scope, and with
/// the process. nullopt while another holds it. Throws SystemError.
std::optional<util::Fd> lock(const std::string& directory);

}  // namespace jit::delivery
