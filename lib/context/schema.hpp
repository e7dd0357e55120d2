#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace jit::context {

/// What a path of the context holds.
enum class ValueType { text, integer, boolean, text_list, option, object_list };

struct PathInfo {
  std::string_view path;  // "command.options.*" stands for any last part
  ValueType type = ValueType::text;
};

/// All paths that a context can have (the table in schema.cpp is their only list).
const std::vector<PathInfo>& schema();
/// The entry for a path as a rule writes it ("command.options.context"); nullptr when no context can have it.
const PathInfo* find_path(std::string_view path);
/// ` (did you mean "command.name"?)`, or nothing.
std::string suggest_path(std::string_view path);

}  // namespace jit::context
