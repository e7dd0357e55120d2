#include "server/input.hpp"

#include <charconv>

namespace jit::server {

void bad(const std::string& detail, const std::string& hint) {
  throw Bad{problem(400, "bad-request", detail, hint)};
}

std::string value_of(const Target& target, const char* name) {
  const auto found = target.query.find(name);
  return found == target.query.end() ? "" : found->second;
}

std::int64_t number_of(const Target& target, const char* name, std::int64_t otherwise, std::int64_t least,
                       std::int64_t most) {
  const std::string text = value_of(target, name);
  if (text.empty()) return otherwise;
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least || number > most)
    bad(std::string(name) + " must be a number from " + std::to_string(least) + " to " +
        std::to_string(most));
  return number;
}

}  // namespace jit::server
