#include "context/key_lines.hpp"

#include <algorithm>

#include "context/secret_shapes.hpp"

namespace jit::context {
namespace {

constexpr std::string_view kMargin = " \t+-|>~\"'";
constexpr std::string_view kBehind = " \t\r\"',";

std::string_view without_margin(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(kMargin), line.size()));
  const auto last = line.find_last_not_of(kBehind);
  return line.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

bool begins_key(std::string_view line) {
  const auto begin = line.find("-----BEGIN ");
  return begin != std::string_view::npos && line.find("PRIVATE KEY-----", begin) != std::string_view::npos;
}

// What is neither ends a key, so that nothing else can be hidden behind the beginning of one.
bool is_of_key(std::string_view text) {
  if (text.starts_with("Proc-Type: ") || text.starts_with("DEK-Info: ")) return true;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_ascii_alphanumeric(c) || c == '+' || c == '/' || c == '='; });
}

}  // namespace

bool KeyLines::hides(std::string_view line) {
  if (begins_key(line)) {
    m_within = line.find("-----END ") == std::string_view::npos;
    return false;
  }
  const auto text = without_margin(line);
  m_within = m_within && is_of_key(text);
  return m_within && !text.empty();
}

}  // namespace jit::context
