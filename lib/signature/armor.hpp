#pragma once
#include <string>

namespace jit::signature {

/// Why a text is no signature (OpenSSH's PROTOCOL.sshsig) of a review that could count, whoever made it: not
/// of that form, for another namespace, by a weak key. Empty when it could. Stricter than ssh-keygen, which
/// passes over whatever stands behind the end.
std::string why_malformed(const std::string& text);

/// The public key, or certificate, that a signature says it was made with (RFC 4253 section 6.6); "" where
/// the text is none.
std::string key_of_signature(const std::string& text);

}  // namespace jit::signature
