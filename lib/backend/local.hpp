#pragma once
#include <memory>

#include "backend/backend.hpp"

namespace jit::backend {

/// The embedded store, opened in this process. Identity is this process's real uid, as the system's user
/// database names it.
std::unique_ptr<Backend> open_local(const std::string& directory, const Options& options);

}  // namespace jit::backend
