#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "context/document.hpp"
#include "util/json.hpp"

namespace jit::terminal {

/// A context, for showing: what has been taken out has been shown, so that at the end nothing is left unsaid.
/// Reads whatever a backend gives; what is absent or of another type reads as null or empty.
class Facts {
 public:
  explicit Facts(const util::Json& context);
  ~Facts();
  Facts(const Facts&) = delete;
  Facts& operator=(const Facts&) = delete;

  /// Takes "section.key"; null when absent.
  util::Json take(const char* section, const char* key);
  /// Takes a whole section; null when absent.
  util::Json take(const char* section);
  /// What nobody took, as path and value.
  std::vector<std::pair<std::string, util::Json>> rest() const;

 private:
  std::unique_ptr<util::Json> m_left;
};

using context::argv_of;

/// The member of an object; a null when it is absent or `object` is none.
const util::Json& member(const util::Json& object, const char* key);
/// A string as it is, null as `if_null`, anything else as JSON.
std::string text_of(const util::Json& value, const std::string& if_null = {});

}  // namespace jit::terminal
