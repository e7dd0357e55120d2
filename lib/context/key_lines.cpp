#include "context/key_lines.hpp"

#include <algorithm>
#include <string_view>

#include "context/redact.hpp"
#include "context/secret_shapes.hpp"

namespace jit::context {
namespace {

// A line of a key has 64 characters or more; its last one, and OpenPGP's checksum behind that, as many as are
// left.
constexpr std::size_t kLine = 40;
constexpr std::size_t kLastLine = 4;
constexpr std::size_t kLastLines = 2;

bool begins_key(std::string_view line) {
  const auto begin = line.find("-----BEGIN ");
  if (begin == std::string_view::npos) return false;
  const auto label = line.substr(begin);
  return label.find("PRIVATE KEY-----") != std::string_view::npos ||
         label.find("PRIVATE KEY BLOCK-----") != std::string_view::npos;
}

bool ends_key(std::string_view line) {
  return line.find("-----END ") != std::string_view::npos;
}

bool is_of_key(char c) {
  return is_ascii_alphanumeric(c) || c == '+' || c == '/' || c == '=';
}

// The longest run of characters that a key is made of: what stands around it may be a margin or a quote.
std::string_view longest_run(std::string_view line) {
  std::string_view longest;
  for (std::size_t at = 0; at < line.size();) {
    std::size_t end = at;
    while (end < line.size() && is_of_key(line[end])) ++end;
    if (end - at > longest.size()) longest = line.substr(at, end - at);
    at = end + 1;
  }
  return longest;
}

void hide_run(std::string& line, std::size_t shortest) {
  const auto run = longest_run(line);
  if (run.size() < shortest) return;
  const auto at = static_cast<std::size_t>(run.data() - line.data());
  line.replace(at, run.size(), kRedacted);
}

}  // namespace

std::vector<std::string> without_keys(std::vector<std::string> lines) {
  bool within = false;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    if (begins_key(lines[at])) {
      within = !ends_key(lines[at]);
    } else if (within && ends_key(lines[at])) {
      within = false;
    } else if (within) {
      const auto next = lines.begin() + static_cast<long>(at) + 1;
      const auto near = next + std::min<long>(kLastLines, lines.end() - next);
      hide_run(lines[at], std::any_of(next, near, ends_key) ? kLastLine : kLine);
    }
  }
  return lines;
}

}  // namespace jit::context
