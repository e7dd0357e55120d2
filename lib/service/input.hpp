#pragma once
#include <memory>
#include <string>

#include "approval/request.hpp"
#include "util/json.hpp"

namespace jit::service {

/// What people may send, before anything is made of it.

/// A text of at most 16 KiB without NUL; bytes that are not UTF-8 are made visible. Throws UsageError naming
/// `what`.
std::string checked_text(const std::string& text, const std::string& what);

/// A context of at most 4 MiB that can be read back, with the requester's name as it was authenticated.
/// Throws UsageError.
std::shared_ptr<const util::Json> checked_context(const std::shared_ptr<const util::Json>& context,
                                                  util::Time now, const approval::Actor& by);

/// An outcome of at most 16 KiB that can be hashed. Throws UsageError.
std::shared_ptr<const util::Json> checked_outcome(const util::Json& outcome);

/// A piece of a recording is what can be shown anywhere, and taken apart anywhere: printable ASCII and
/// newlines, of at most 512 KiB. Throws UsageError.
void require_recordable(const std::string& bytes);

}  // namespace jit::service
