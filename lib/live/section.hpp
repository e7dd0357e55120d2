#pragma once
#include <string>
#include <vector>

#include "live/source.hpp"

namespace jit::live {

/// The context's `warnings`: {"critical": 1, "warning": 0, "unknown": 0, "active": [{"source", "severity",
/// "summary", "since", "labels"}]}, the gravest first; where not all are shown "omitted" says how many. Of
/// each source what its labels select; a source that nothing is known of is itself active, and unknown.
util::Json section(const std::vector<Source>& sources, const Answers& answers);

/// Whether a warning is among those that the labels select.
bool is_selected(const Labels& labels, const Notice& notice);

/// What is active now and was not before, in words: "warnings: InstanceDown (critical, from alerts) is active
/// since …". Both are sections; what is not of that form says nothing.
std::vector<std::string> news(const util::Json& before, const util::Json& now);

/// The same of all that is active, whatever was before.
std::vector<std::string> in_words(const util::Json& now);

/// Whether a context holds a section that can be judged by: the three counts are there.
bool is_section(const util::Json& json);

}  // namespace jit::live
