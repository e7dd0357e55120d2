#pragma once
#include <string>

#include "signature/allowed_signers.hpp"
#include "util/time.hpp"

namespace jit::signature {

/// OpenSSH's own ssh-keygen makes and checks signatures, as it does for git: so keys on disk, in the agent
/// and on security keys work, and certificates. It is the system's (/usr/bin), never one that PATH finds.

/// The signature of `text` (SSHSIG, armored, for kNamespace) by this key: a private key, or a public key or
/// certificate whose private half the agent holds. May ask on the terminal for a passphrase or a touch.
/// Throws UsageError when there is no such key, Error when nothing was signed; each says what to do.
std::string sign(const std::string& text, const std::string& key);

/// Whose signatures count.
struct Authority {
  AllowedSigners allowed;
  std::string revoked;  // as load_revoked_signers gives it; empty: nothing is
};

/// Why, in words for who made it, this is no signature of `text` by `person` with a key that was good at
/// `at`; empty when it is one. Throws Error when that cannot be found out.
std::string why_invalid(const std::string& text, const std::string& signature, const std::string& person,
                        const Authority& authority, util::Time at);

}  // namespace jit::signature
