#include "service/review_signatures.hpp"

#include "service/input.hpp"
#include "signature/armor.hpp"
#include "signature/statement.hpp"
#include "util/error.hpp"

namespace jit::service {
namespace {

using approval::Request;
using approval::Review;
using approval::ReviewVerdict;
using util::Millis;

// Between two clocks, and for a person to find the key and type its passphrase.
constexpr Millis kLeeway = std::chrono::minutes{10};

}  // namespace

std::string signed_text(const Request& request, const Review& review) {
  return signature::to_text({request.id.text(), request.digest.text(), approval::to_text(review.verdict),
                             review.reviewer, review.signature->at, review.message, review.signature->server,
                             request.requirement.any_of_rule ? request.rules : std::vector<std::string>()});
}

void require_wellformed(const approval::Signature& signature) {
  if (const std::string why = signature::why_malformed(signature.text); !why.empty())
    throw util::UsageError("the signature does not count: " + why);
  if (checked_text(signature.server, "the signed server") != signature.server)
    throw util::UsageError("the signed server is not UTF-8");
}

const signature::Authority& ReviewSignatures::authority() {
  if (m_authority) return *m_authority;
  if (m_files.allowed.empty())
    throw util::UsageError("no policy names allowed_signers, and only signed approvals count",
                           "name the file in a policy: allowed_signers: FILE");
  signature::Authority authority{signature::load_allowed_signers(m_files.allowed), ""};
  if (!m_files.revoked.empty()) authority.revoked = signature::load_revoked_signers(m_files.revoked);
  return m_authority.emplace(std::move(authority));
}

// The reviewer's time is no evidence of when a key was good. It only ends an approval: whoever keeps the
// store could show an old one again.
std::string ReviewSignatures::why_not(const Request& request, const Review& review, Millis oldest,
                                      util::Time now) {
  if (review.signature->at > now + kLeeway) return "it was signed in the future: do the clocks agree?";
  if (review.signature->at < now - oldest - kLeeway) return "it was signed too long ago";
  const std::string text = signed_text(request, review);
  const std::string name = text + '\0' + review.signature->text;
  if (const auto known = m_known.find(name); known != m_known.end()) return known->second;
  std::string why = signature::why_invalid(text, review.signature->text, review.reviewer, authority(), now);
  return m_known.emplace(name, std::move(why)).first->second;
}

std::vector<std::string> ReviewSignatures::mark(Request& request, const policy::Requirement& requirement,
                                                util::Time now) {
  std::vector<std::string> lines;
  for (Review& review : request.reviews) {
    review.verified = false;
    if (review.verdict != ReviewVerdict::approve || !review.signature) continue;
    const std::string why = why_not(request, review, requirement.expires + requirement.valid_for, now);
    review.verified = why.empty();
    if (!review.verified) lines.push_back("the signature of " + review.reviewer + " does not count: " + why);
  }
  return lines;
}

std::string ReviewSignatures::why_not_new(const Request& request, const approval::Approve& approval,
                                          util::Time now) {
  const Review review{approval.by.name, ReviewVerdict::approve, approval.message, now, approval.signature};
  return why_not(request, review, Millis{0}, now);
}

}  // namespace jit::service
