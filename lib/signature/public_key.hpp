#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace jit::signature {

/// Takes one length-prefixed string (RFC 4251, section 5) off the front; nullopt where there is none.
std::optional<std::string_view> take_string(std::string_view& bytes);

/// The type that a public key or certificate says it is of, "ssh-ed25519"; "" when the blob is none.
std::string type_of(std::string_view blob);

/// Whether it is a certificate and not a key alone.
bool is_certificate(std::string_view blob);

/// Why a public key, or a certificate's, is too weak to approve anything, or of no kind that is known here:
/// "an RSA key of 2048 bits; 3072 is the least". Empty when it will do. `blob`: RFC 4253 section 6.6, or
/// PROTOCOL.certkeys.
std::string why_weak(std::string_view blob);

}  // namespace jit::signature
