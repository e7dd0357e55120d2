#include "context/source.hpp"

#include <array>
#include <nlohmann/json.hpp>

namespace jit::context {
namespace {

// Below these, what is left of a path is one key: names of options and variables may hold dots.
constexpr std::array<std::string_view, 5> kMaps = {"command.options.", "env.", "unsafe_env.", "labels.",
                                                   "raw."};

const util::Json* member(const util::Json* object, std::string_view key) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto found = object->find(key);
  return found == object->end() ? nullptr : &*found;
}

const util::Json* walk(const util::Json* value, std::string_view path) {
  while (value != nullptr && !path.empty()) {
    const auto dot = path.find('.');
    value = member(value, path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  }
  return value;
}

}  // namespace

const util::Json* find_in(const util::Json& context, std::string_view path) {
  const util::Json* value = nullptr;
  bool found_map = false;
  for (const std::string_view map : kMaps) {
    if (!path.starts_with(map)) continue;
    value = member(walk(&context, map.substr(0, map.size() - 1)), path.substr(map.size()));
    found_map = true;
    break;
  }
  if (!found_map) value = walk(&context, path);
  return value == nullptr || value->is_null() ? nullptr : value;
}

}  // namespace jit::context
