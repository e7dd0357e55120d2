#include "live/url.hpp"

#include "util/text.hpp"

namespace jit::live {

std::string url_encoded(const std::string& text) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += "%" + util::hex(std::string_view(&c, 1));
    }
  }
  return encoded;
}

std::string below(const std::string& base, const std::string& path) {
  return (base.ends_with('/') ? base.substr(0, base.size() - 1) : base) + path;
}

}  // namespace jit::live
