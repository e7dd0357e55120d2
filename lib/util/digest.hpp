#pragma once
#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace jit::util {

/// SHA-256 (FIPS 180-4) of a stream.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(std::string_view bytes);
  /// 64 lower-case hexadecimal digits. Call once.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> m_state;
};

/// Lower-case hexadecimal SHA-256 of `bytes`.
std::string sha256(std::string_view bytes);
/// Lower-case hexadecimal HMAC-SHA-256 (RFC 2104).
std::string hmac_sha256(std::string_view key, std::string_view bytes);

/// `count` bytes from the kernel's generator. Throws SystemError.
std::string random_bytes(std::size_t count);

/// The digest of an action, "sha256:" and 64 hexadecimal digits. Default-made it is empty and equals no real
/// one.
class Digest {
 public:
  Digest() = default;
  /// Throws Error when the text is not of that form.
  explicit Digest(std::string text);
  static Digest of(std::string_view bytes);
  const std::string& text() const { return m_text; }
  friend bool operator==(const Digest& a, const Digest& b) {
    return !a.m_text.empty() && a.m_text == b.m_text;
  }

 private:
  std::string m_text;
};

}  // namespace jit::util
