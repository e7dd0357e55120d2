#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "util/json.hpp"
#include "util/time.hpp"

namespace jit::live {

/// How much a warning weighs. The zero value is the strict one: whatever is not known may be critical.
enum class Severity { unknown = 0, critical, warning, info };
std::string to_text(Severity severity);

/// Which warnings of a source are about an action: of each label one of these values, "" for its absence.
using Labels = std::map<std::string, std::vector<std::string>>;

/// Where warnings come from, as a policy set defines it.
struct Source {
  std::string name, kind;
  std::string settings;  // a JSON object of what the kind knows (policy/source_kinds.hpp)
  Labels labels{};       // as far as they could be filled in; what could not selects nothing away

  /// Two sources of one definition have one answer.
  std::string definition() const { return name + '\n' + kind + '\n' + settings; }
};

/// One warning, as its source gives it. Foreign text, within bounds, in UTF-8.
struct Notice {
  Severity severity = Severity::unknown;
  std::string summary;
  std::string since;  // RFC 3339; empty: not known
  std::map<std::string, std::string> labels{};
};

/// What came of asking a source.
struct Answer {
  std::vector<Notice> notices;
  std::string problem;  // why nothing is known of it; empty: `notices` is all there is
  std::string hint{};
  util::Millis took{};
};
/// By the source's definition.
using Answers = std::map<std::string, Answer>;

/// The bounds of a notice and of an answer. More is a problem, but for texts: they are cut, and end with "…".
inline constexpr std::size_t kMostNotices = 5000;
inline constexpr std::size_t kMostBytes = 4U << 20U;
inline constexpr std::size_t kLongestSummary = 300;
inline constexpr std::size_t kLongestLabel = 120;
inline constexpr std::size_t kMostLabels = 40;

/// Text within these bounds.
std::string shortened(const std::string& text, std::size_t longest);
/// A time as RFC 3339 in UTC; "" for what is none.
std::string time_of(const std::string& text);

}  // namespace jit::live
