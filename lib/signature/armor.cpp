#include "signature/armor.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "signature/public_key.hpp"
#include "signature/statement.hpp"
#include "util/base64.hpp"

namespace jit::signature {
namespace {

constexpr std::size_t kLongest = 16U << 10U;
constexpr std::string_view kBegin = "-----BEGIN SSH SIGNATURE-----\n";
constexpr std::string_view kEnd = "-----END SSH SIGNATURE-----\n";
constexpr std::string_view kMagic = "SSHSIG";
constexpr std::string_view kVersion{"\0\0\0\1", 4};

std::optional<std::string> unarmored(std::string_view text) {
  if (text.size() > kLongest || !text.starts_with(kBegin) || !text.ends_with(kEnd)) return std::nullopt;
  if (text.size() < kBegin.size() + kEnd.size()) return std::nullopt;
  std::string base64(text.substr(kBegin.size(), text.size() - kBegin.size() - kEnd.size()));
  std::erase(base64, '\n');
  return util::from_base64(base64);
}

constexpr std::size_t kBeforeKey = kMagic.size() + kVersion.size();

}  // namespace

std::string key_of_signature(const std::string& text) {
  const auto blob = unarmored(text);
  if (!blob || blob->size() < kBeforeKey) return "";
  std::string_view rest = std::string_view(*blob).substr(kBeforeKey);
  return std::string(take_string(rest).value_or(""));
}

std::string why_malformed(const std::string& text) {
  const auto blob = unarmored(text);
  std::string_view rest = blob ? std::string_view(*blob) : std::string_view();
  if (!rest.starts_with(kMagic)) return "it is not of the form that ssh-keygen -Y sign writes";
  rest.remove_prefix(kMagic.size());
  if (!rest.starts_with(kVersion)) return "it is of an unknown version";
  rest.remove_prefix(kVersion.size());
  const auto key = take_string(rest);
  const auto name_space = take_string(rest);
  const auto reserved = take_string(rest);
  const auto hash = take_string(rest);
  const auto signature = take_string(rest);
  if (!key || !name_space || !reserved || !hash || !signature || !rest.empty()) return "it is damaged";
  if (*name_space != kNamespace) return "it was made for something else than " + std::string(kNamespace);
  if (*hash != "sha512" && *hash != "sha256") return "it is over a hash that is not known here";
  if (const std::string weak = why_weak(*key); !weak.empty()) return "it was made with " + weak;
  return "";
}

}  // namespace jit::signature
