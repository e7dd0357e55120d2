#include "approval/binding.hpp"
#include "cli/approve/commands.hpp"
#include "service/input.hpp"
#include "service/review_signatures.hpp"
#include "signature/ssh_keygen.hpp"
#include "util/error.hpp"

namespace jit::cli::approve {

bool is_to_sign(const Desk& desk, const approval::View& view) {
  return desk.options.sign || desk.signing_key || view.request.requirement.signatures;
}

std::optional<approval::Signature> sign(const Desk& desk, const approval::View& view,
                                        const std::string& message) {
  const approval::Request& request = view.request;
  if (!is_to_sign(desk, view)) return std::nullopt;
  if (!desk.signing_key)
    throw util::UsageError("which key? To sign an approval, signing_key must name one",
                           "in ~/.config/jit-run/config.yaml: signing_key: ~/.ssh/id_ed25519.pub (when the "
                           "agent has it), or a private key");
  // What was shown is what is signed, whatever the store has made of it.
  if (!(approval::bound_digest(*request.context) == request.digest))
    throw util::Error("the digest of request " + request.id.brief() +
                      " does not stand for the action that is shown");
  approval::Review review;
  review.reviewer = desk.backend.self().name;
  review.verdict = approval::ReviewVerdict::approve;
  review.message = service::checked_text(message, "the message");
  review.signature = approval::Signature{{}, desk.backend.now(), desk.server};
  review.signature->text = signature::sign(service::signed_text(request, review), *desk.signing_key);
  return review.signature;
}

}  // namespace jit::cli::approve
