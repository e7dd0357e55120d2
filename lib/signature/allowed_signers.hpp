#pragma once
#include <map>
#include <set>
#include <string>

namespace jit::signature {

/// Who may sign reviews, with which keys (ALLOWED SIGNERS in ssh-keygen(1)).
struct AllowedSigners {
  std::set<std::string> people;
  std::map<std::string, std::string> owners{};  // "ssh-ed25519 AAAA…" → whose key it is; no authorities
  /// What was understood, written again for ssh-keygen: it must not read anything else in the file than was
  /// checked.
  std::string text;
};

/// Whether a line names this key (RFC 4253 section 6.6) for this person.
bool names_key(const AllowedSigners& signers, const std::string& person, const std::string& key);
/// The same, with every key valid for ever: to find out what a signature lacks, and never to count one by.
AllowedSigners without_times(const AllowedSigners& signers);

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
