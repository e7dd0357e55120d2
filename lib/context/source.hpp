#pragma once
#include <memory>
#include <string_view>

#include "util/json.hpp"

namespace jit::context {

/// Gives the values of a context by their path. Policies read contexts only through this, so that what no
/// rule reads need not be collected.
class Source {
 public:
  virtual ~Source() = default;
  /// The value at a dotted path ("command.options.context"; what follows `options.`, `env.`, `labels.` and
  /// `unsafe_env.` is one key, dots included). nullptr when the context does not have it. Valid as long as
  /// the source.
  virtual const util::Json* find(std::string_view path) = 0;
};

/// A part of the time as clocks somewhere show it: "time.hour@Europe/Berlin".
inline bool is_zoned(std::string_view path) {
  return path.starts_with("time.") && path.find('@') != std::string_view::npos;
}

/// The value at `path` inside `context`; nullptr when absent or null.
const util::Json* find_in(const util::Json& context, std::string_view path);

}  // namespace jit::context
