#include "approval/fields.hpp"

#include <nlohmann/json.hpp>

#include "util/error.hpp"

namespace jit::approval {

Fields::Fields(const util::Json& object, std::string name) : m_object(object), m_name(std::move(name)) {
  if (!object.is_object()) throw util::Error(m_name + ": not an object");
}

void Fields::fail(const char* key, const char* expected) const {
  throw util::Error(m_name + ": \"" + key + "\" is not " + expected);
}

const util::Json& Fields::at(const char* key) const {
  const auto found = m_object.find(key);
  if (found == m_object.end()) throw util::Error(m_name + ": \"" + key + "\" is missing");
  return *found;
}

std::string Fields::text(const char* key) const {
  const util::Json& value = at(key);
  if (!value.is_string()) fail(key, "a text");
  return value.get<std::string>();
}

std::optional<std::string> Fields::optional_text(const char* key) const {
  if (at(key).is_null()) return std::nullopt;
  return text(key);
}

std::string Fields::text_or_null(const char* key) const {
  return optional_text(key).value_or("");
}

std::vector<std::string> Fields::texts(const char* key) const {
  const util::Json& value = at(key);
  if (!value.is_array()) fail(key, "a list");
  std::vector<std::string> texts;
  for (const auto& element : value) {
    if (!element.is_string()) fail(key, "a list of texts");
    texts.push_back(element.get<std::string>());
  }
  return texts;
}

util::Time Fields::time(const char* key) const {
  const auto time = util::parse_rfc3339(text(key));
  if (!time) fail(key, "a time (RFC 3339, UTC)");
  return *time;
}

std::optional<util::Time> Fields::optional_time(const char* key) const {
  if (at(key).is_null()) return std::nullopt;
  return time(key);
}

bool Fields::flag(const char* key) const {
  const util::Json& value = at(key);
  if (!value.is_boolean()) fail(key, "true or false");
  return value.get<bool>();
}

int Fields::count(const char* key) const {
  const util::Json& value = at(key);
  constexpr int kMost = 1'000'000;
  if (!value.is_number_integer() || value < 0 || value > kMost) fail(key, "a number from 0 to 1000000");
  return value.get<int>();
}

}  // namespace jit::approval
