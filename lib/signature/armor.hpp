#pragma once
#include <string>

namespace jit::signature {

/// Why a text is no signature (OpenSSH's PROTOCOL.sshsig) of a review that could count, whoever made it: not
/// of that form, for another namespace, by a weak key. Empty when it could. Stricter than ssh-keygen, which
/// passes over whatever stands behind the end.
std::string why_malformed(const std::string& text);

}  // namespace jit::signature
