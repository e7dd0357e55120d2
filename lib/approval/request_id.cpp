#include <cstdint>

#include "approval/request.hpp"
#include "util/digest.hpp"

namespace jit::approval {
namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t kBytes = 16;
constexpr std::size_t kLength = 26;

bool is_of_alphabet(std::string_view text) {
  return text.find_first_not_of(kAlphabet) == std::string_view::npos;
}

// RFC 4648, section 6, in lower case and without padding.
std::string base32(std::string_view bytes) {
  std::string text;
  std::uint32_t buffer = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    buffer = (buffer << 8U) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 5; bits -= 5) text += kAlphabet[(buffer >> (bits - 5U)) & 31U];
  }
  if (bits > 0) text += kAlphabet[(buffer << (5U - bits)) & 31U];
  return text;
}

}  // namespace

RequestId RequestId::random() {
  return RequestId(base32(util::random_bytes(kBytes)));
}

std::optional<RequestId> RequestId::parse(std::string_view text) {
  if (text.size() != kLength || !is_of_alphabet(text)) return std::nullopt;
  // 26 characters hold 130 bits; the last two are zero, or two texts would name one request.
  if ((kAlphabet.find(text.back()) & 3U) != 0) return std::nullopt;
  return RequestId(std::string(text));
}

bool is_id_prefix(std::string_view text) {
  return text.size() >= kShortestPrefix && text.size() <= kLength && is_of_alphabet(text);
}

}  // namespace jit::approval
