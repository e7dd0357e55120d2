#include "terminal/facts.hpp"

#include <nlohmann/json.hpp>

#include "util/text.hpp"

namespace jit::terminal {
namespace {

using util::Json;

bool is_nothing(const Json& value) {
  return value.is_null() || ((value.is_structured()) && value.empty());
}

void collect(const std::string& path, const Json& value, std::vector<std::pair<std::string, Json>>& found) {
  if (!value.is_object()) {
    if (!is_nothing(value)) found.emplace_back(path, value);
    return;
  }
  for (const auto& [key, inner] : value.items()) collect(path.empty() ? key : path + "." + key, inner, found);
}

}  // namespace

Facts::Facts(const Json& context) : m_left(std::make_unique<Json>(context)) {}
Facts::~Facts() = default;

Json Facts::take(const char* section, const char* key) {
  if (!m_left->is_object() || !m_left->contains(section)) return {};
  Json& inside = (*m_left)[section];
  if (!inside.is_object() || !inside.contains(key)) return {};
  Json value = std::move(inside[key]);
  inside.erase(key);
  return value;
}

Json Facts::take(const char* section) {
  if (!m_left->is_object() || !m_left->contains(section)) return {};
  Json value = std::move((*m_left)[section]);
  m_left->erase(section);
  return value;
}

std::vector<std::pair<std::string, Json>> Facts::rest() const {
  std::vector<std::pair<std::string, Json>> found;
  collect("", *m_left, found);
  return found;
}

const Json& member(const Json& object, const char* key) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

std::string text_of(const Json& value, const std::string& if_null) {
  if (value.is_null()) return if_null;
  return value.is_string() ? value.get<std::string>() : util::compact_json(value);
}

}  // namespace jit::terminal
