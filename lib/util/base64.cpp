#include "util/base64.hpp"

#include <openssl/evp.h>

#include <climits>

#include "util/error.hpp"

namespace jit::util {
namespace {

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// OpenSSL counts in int.
int count_of(std::string_view text) {
  constexpr std::size_t kMost = INT_MAX / 2;
  if (text.size() > kMost) throw Error("this is too large for base64");
  return static_cast<int>(text.size());
}

}  // namespace

std::string base64(std::string_view bytes) {
  const int count = count_of(bytes);
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // it ends it with a zero
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(bytes_of(text), bytes_of(bytes), count)));
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  const int count = count_of(text);
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  // OpenSSL passes over blanks around it, and takes "=" anywhere for a letter.
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.substr(0, text.size() - padding).find_first_not_of(kLetters) != std::string_view::npos)
    return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(bytes_of(bytes), bytes_of(text), count) < 0) return std::nullopt;
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace jit::util
