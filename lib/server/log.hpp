#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace jit::server {

/// What the server says, a line on stderr for each event: as text, or as JSON. Everything is made visible;
/// tokens, keys and bodies are never among it. Any thread may write.
class Log {
 public:
  enum class Format { text, json };
  enum class Level { info, warning };
  /// In this order; an empty text is left out.
  using Value = std::variant<std::string, std::int64_t>;
  using Fields = std::vector<std::pair<const char*, Value>>;

  explicit Log(Format format) : m_format(format) {}
  void info(const std::string& what, const Fields& fields = {}) const { write(Level::info, what, fields); }
  void warn(const std::string& what, const Fields& fields = {}) const { write(Level::warning, what, fields); }

 private:
  void write(Level level, const std::string& what, const Fields& fields) const;

  Format m_format;
};

}  // namespace jit::server
