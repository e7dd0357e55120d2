#pragma once
#include <string_view>

namespace jit::service {

/// A piece of a recording (asciicast v2) is what can be shown anywhere, and taken apart anywhere: whole lines
/// of printable ASCII, 512 KiB of them at most. The first of a recording is its header; the others are
/// events: what was shown, a new size of the terminal, or a mark. What was typed is not recorded. Throws
/// UsageError.
void require_asciicast(std::string_view piece, bool is_first);

}  // namespace jit::service
