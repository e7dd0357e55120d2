#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "approval/life_cycle.hpp"
#include "approval/request.hpp"
#include "policy/policy_set.hpp"
#include "signature/ssh_keygen.hpp"

namespace jit::service {

/// Checks the signatures of reviews against the files that the policies name, read anew. Throws UsageError
/// when these cannot be used, Error when ssh-keygen cannot.
class ReviewSignatures {
 public:
  explicit ReviewSignatures(policy::SignerFiles files) : m_files(std::move(files)) {}

  /// Marks the approvals whose signature is valid at `now`, of this request, of what it shows, and not older
  /// than an approval can be by `requirement`. Gives a line for each that has a signature and does not count.
  std::vector<std::string> mark(approval::Request& request, const policy::Requirement& requirement,
                                util::Time now);

  /// Why a new approval's signature does not count; empty when it does.
  std::string why_not_new(const approval::Request& request, const approval::Approve& approval,
                          util::Time now);

 private:
  std::string why_not(const approval::Request& request, const approval::Review& review, util::Millis oldest,
                      util::Time now);
  const signature::Authority& authority();

  policy::SignerFiles m_files;
  std::optional<signature::Authority> m_authority;
  std::map<std::string, std::string> m_known;  // what was found, by what was signed and the signature
};

/// What a review must have been signed as, by who reviewed.
std::string signed_text(const approval::Request& request, const approval::Review& review);

/// Throws UsageError when this is no signature at all, whoever it may be of.
void require_wellformed(const approval::Signature& signature);

}  // namespace jit::service
