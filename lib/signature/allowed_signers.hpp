#pragma once
#include <set>
#include <string>

namespace jit::signature {

/// Who may sign reviews, with which keys (ALLOWED SIGNERS in ssh-keygen(1)).
struct AllowedSigners {
  std::set<std::string> people;
  /// What was understood, written again for ssh-keygen: it must not read anything else in the file than was
  /// checked.
  std::string text;
};

/// Reads such a file, strictly. Principals are user names; wildcards, lines without `namespaces=`, and weak
/// keys are refused, unknown options too. Lines for other namespaces are passed over. Throws UsageError
/// "NAME:LINE: …".
AllowedSigners parse_allowed_signers(const std::string& text, const std::string& name);

/// The file, which must be trustworthy (util::open_trusted). Throws UsageError.
AllowedSigners load_allowed_signers(const std::string& path);

/// The bytes of a revocation list: a KRL, or public keys line by line. Throws UsageError when it must not be
/// trusted, holds nothing or cannot be read: ssh-keygen would pass over what it does not understand, and
/// revoke nothing.
std::string load_revoked_signers(const std::string& path);

}  // namespace jit::signature
