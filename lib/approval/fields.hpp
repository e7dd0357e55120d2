#pragma once
#include <optional>
#include <string>
#include <vector>

#include "util/json.hpp"
#include "util/time.hpp"

namespace jit::approval {

/// Reads the fields of one JSON object, each of the type it must have. Throws Error naming the field.
class Fields {
 public:
  /// `name` is what the object is called in messages. `object` must outlive this.
  Fields(const util::Json& object, std::string name);

  const util::Json& at(const char* key) const;
  std::string text(const char* key) const;
  /// Empty for null.
  std::string text_or_null(const char* key) const;
  std::optional<std::string> optional_text(const char* key) const;
  std::vector<std::string> texts(const char* key) const;
  util::Time time(const char* key) const;
  std::optional<util::Time> optional_time(const char* key) const;
  bool flag(const char* key) const;
  /// From 0 to a million.
  int count(const char* key) const;
  [[noreturn]] void fail(const char* key, const char* expected) const;

 private:
  const util::Json& m_object;
  std::string m_name;
};

}  // namespace jit::approval
