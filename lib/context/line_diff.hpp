#pragma once
#include <string>
#include <vector>

namespace jit::context {

/// What differs between two texts, as people read it: lines that begin with "-" (only before), "+" (only now)
/// and " " (in both, beside what differs), and "@@ line 12" where a part of it begins. At most so many lines;
/// then the last one says how many are left out. Empty when they are equal. What it costs is bounded: of very
/// different long texts all lines are given as different.
std::vector<std::string> line_diff(const std::vector<std::string>& before,
                                   const std::vector<std::string>& now, std::size_t most_lines);

}  // namespace jit::context
