#include "signature/public_key.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace jit::signature {
namespace {

constexpr std::size_t kLeastRsaBits = 3072;
constexpr std::string_view kCertificate = "-cert-v01@openssh.com";

// What these are of has one strength, and it is enough. As their certificates name them, too.
constexpr std::array<std::string_view, 6> kStrong{
    "ssh-ed25519",         "ecdsa-sha2-nistp256",        "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521", "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"};

// "ssh-rsa" of "ssh-rsa-cert-v01@openssh.com", "sk-ssh-ed25519@openssh.com" of
// "sk-ssh-ed25519-cert-v01@openssh.com".
std::string plain_type(std::string_view type) {
  if (!type.ends_with(kCertificate)) return std::string(type);
  const std::string base(type.substr(0, type.size() - kCertificate.size()));
  return base.starts_with("sk-") ? base + "@openssh.com" : base;
}

std::size_t bits_of(std::string_view number) {
  while (!number.empty() && number.front() == '\0') number.remove_prefix(1);
  if (number.empty()) return 0;
  std::size_t bits = number.size() * 8;
  for (auto first = static_cast<unsigned char>(number.front()); (first & 0x80U) == 0;
       first = static_cast<unsigned char>(first << 1U))
    --bits;
  return bits;
}

}  // namespace

std::optional<std::string_view> take_string(std::string_view& bytes) {
  if (bytes.size() < 4) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < 4; ++i) length = length << 8U | static_cast<unsigned char>(bytes[i]);
  if (length > bytes.size() - 4) return std::nullopt;
  const std::string_view taken = bytes.substr(4, length);
  bytes.remove_prefix(4 + length);
  return taken;
}

std::string type_of(std::string_view blob) {
  return std::string(take_string(blob).value_or(""));
}

bool is_certificate(std::string_view blob) {
  return take_string(blob).value_or("").ends_with(kCertificate);
}

std::string why_weak(std::string_view blob) {
  const auto type = take_string(blob);
  if (!type) return "no public key";
  const std::string plain = plain_type(*type);
  if (std::find(kStrong.begin(), kStrong.end(), plain) != kStrong.end()) return "";
  if (plain == "ssh-dss") return "a DSA key; those are broken";
  if (plain != "ssh-rsa") return "a key of a kind that is not known here";
  if (*type != plain && !take_string(blob)) return "no public key";  // a certificate's nonce
  const auto exponent = take_string(blob);
  const auto modulus = take_string(blob);
  if (!exponent || !modulus) return "no public key";
  const std::size_t bits = bits_of(*modulus);
  if (bits >= kLeastRsaBits) return "";
  return "an RSA key of " + std::to_string(bits) + " bits; " + std::to_string(kLeastRsaBits) +
         " is the least";
}

}  // namespace jit::signature
