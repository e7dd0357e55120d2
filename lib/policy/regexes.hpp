#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace jit::policy {

/// Regular expressions (RE2: linear in the text), each compiled when it is first needed and then kept.
/// Thread-safe.
class Regexes {
 public:
  Regexes();
  ~Regexes();
  /// Whether some part of `text` matches; nullopt when the expression is none.
  std::optional<bool> finds(std::string_view pattern, std::string_view text);

 private:
  const re2::RE2& compiled(std::string_view pattern);

  std::mutex m_mutex;
  std::map<std::string, std::unique_ptr<re2::RE2>, std::less<>> m_compiled;
};

/// What is wrong with an expression; empty when it is one.
std::string regex_problem(const std::string& pattern);

/// Whether all of `text` matches, as a ticket must. False when the expression is none.
bool matches_whole(const std::string& pattern, std::string_view text);

}  // namespace jit::policy
