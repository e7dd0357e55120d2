#include <chrono>

#include "approval/binding.hpp"
#include "cli/approve/commands.hpp"
#include "service/input.hpp"
#include "service/review_signatures.hpp"
#include "signature/ssh_keygen.hpp"
#include "util/error.hpp"
#include "util/text.hpp"
#include "util/time.hpp"

namespace jit::cli::approve {

namespace {
constexpr std::chrono::minutes kMostApart{10};
}  // namespace

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
  // What is signed now, and says another day, could be shown again on that day.
  const util::Time at = desk.backend.now();
  const util::Millis apart = std::chrono::abs(at - util::wall_clock());
  if (apart > kMostApart)
    throw util::Error("the backend's clock and this machine's are " + util::to_text(apart) +
                          " apart: nothing is signed with such a date",
                      "set the one that is wrong right (timedatectl)");
  approval::Review review;
  review.reviewer = desk.backend.self().name;
  review.verdict = approval::ReviewVerdict::approve;
  review.message = service::checked_text(message, "the message");
  review.signature = approval::Signature{{}, at, desk.server};
  review.signature->text = signature::sign(service::signed_text(request, review), *desk.signing_key);
  return review.signature;
}

}  // namespace jit::cli::approve
