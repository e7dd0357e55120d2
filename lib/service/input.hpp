#pragma once
#include <memory>
#include <string>
#include <vector>

#include "approval/request.hpp"
#include "live/source.hpp"
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

/// A context that can be judged by these sources of warnings: where nobody has asked them, nothing is known
/// of any.
std::shared_ptr<const util::Json> with_warnings(std::shared_ptr<const util::Json> context,
                                                const std::vector<live::Source>& sources);

/// An outcome of at most 16 KiB that can be hashed, that names one ending at most: `status` (0 to 255),
/// `signal` or `error`. Throws UsageError.
std::shared_ptr<const util::Json> checked_outcome(const util::Json& outcome);

}  // namespace jit::service
