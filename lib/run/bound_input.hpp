#pragma once
#include <memory>

#include "util/json.hpp"

namespace jit::run {

/// Reads standard input to its end into a sealed file in memory (memfd_create(2)), which takes its place: the
/// command reads what was looked at here, and nobody can change it. Gives what is bound and shown of it:
/// {"sha256": "…", "size": 12, "text": "its first 4 KiB", "whole": true}. Throws UsageError for a terminal,
/// for more than 64 MiB, and for what cannot be read.
std::shared_ptr<const util::Json> bind_input();

}  // namespace jit::run
