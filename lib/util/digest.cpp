#include "util/digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::util {

struct Sha256::State {
  struct Free {
    void operator()(EVP_MD_CTX* made) const { EVP_MD_CTX_free(made); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

namespace {

// Looked up once: OpenSSL 3 searches its providers for each use of EVP_sha256().
const EVP_MD* algorithm() {
  struct Free {
    void operator()(EVP_MD* made) const { EVP_MD_free(made); }
  };
  static const std::unique_ptr<EVP_MD, Free> kSha256(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  if (!kSha256) throw Error("SHA-256 is not available");
  return kSha256.get();
}

}  // namespace

Sha256::Sha256() : m_state(std::make_unique<State>()) {
  if (!m_state->context || EVP_DigestInit_ex(m_state->context.get(), algorithm(), nullptr) != 1) {
    throw Error("SHA-256 is not available");
  }
}

Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  if (EVP_DigestUpdate(m_state->context.get(), bytes.data(), bytes.size()) != 1)
    throw Error("SHA-256 failed");
}

std::string Sha256::finish() {
  std::array<unsigned char, 32> digest{};
  if (EVP_DigestFinal_ex(m_state->context.get(), digest.data(), nullptr) != 1) throw Error("SHA-256 failed");
  return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string sha256(std::string_view bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.finish();
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::array<unsigned char, 32> digest{};
  unsigned length = digest.size();
  if (HMAC(algorithm(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data(),
           &length) == nullptr) {
    throw Error("HMAC-SHA-256 failed");
  }
  return hex({reinterpret_cast<const char*>(digest.data()), length});
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t filled = 0;
  while (filled < count) {
    const ssize_t n = ::getrandom(bytes.data() + filled, count - filled, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw SystemError(errno, "getrandom");
    filled += static_cast<std::size_t>(n);
  }
  return bytes;
}

Digest::Digest(std::string text) : m_text(std::move(text)) {
  constexpr std::string_view kPrefix = "sha256:";
  const std::string_view digits = std::string_view(m_text).substr(std::min(m_text.size(), kPrefix.size()));
  if (!m_text.starts_with(kPrefix) || digits.size() != 64 || !unhex(digits)) {
    throw Error("not a digest: " + visible(m_text));
  }
}

Digest Digest::of(std::string_view bytes) {
  return Digest("sha256:" + sha256(bytes));
}

}  // namespace jit::util
