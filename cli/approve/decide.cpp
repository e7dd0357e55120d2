// approve, deny, revoke and withdraw.
#include <algorithm>

#include "cli/approve/commands.hpp"
#include "cli/common/common.hpp"
#include "terminal/prompt.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::cli::approve {
namespace {

using approval::ReviewVerdict;
using approval::View;
using Outcome = std::variant<View, backend::Refusal, backend::NoSuchRequest>;

// Says what came of it. A decision names its request.
int report(const View& before, const std::string& done, const Outcome& outcome) {
  const std::string name = before.request.id.brief();
  if (const auto* refusal = std::get_if<backend::Refusal>(&outcome)) {
    const bool says_which = refusal->text.find(name) != std::string::npos;
    const bool by_key = refusal->kind == backend::Refusal::Kind::bad_signature;
    say("jit-approve", "refused" + (says_which ? "" : ", " + name) + ": " + refusal->text,
        by_key ? "ssh-keygen -lf KEY.pub shows which key it is; the allowed signers are kept by whoever "
                 "keeps the "
                 "policies"
               : "");
    return kRefused;
  }
  const auto* after = std::get_if<View>(&outcome);
  if (after == nullptr) {
    say("jit-approve", "no such request: " + name);
    return kRefused;
  }
  const bool waits_on = done == "denied" && after->request.state == approval::State::pending;
  print((waits_on ? "your denial is noted, " : done + " ") + name + ": " + terminal::decision(*after) + "\n");
  return kDone;
}

// Why asking this person would be in vain; empty when it would not.
std::string objection(const Desk& desk, const View& view) {
  if (approval::awaits_review(view.request))
    return "it has run by break-glass already: acknowledge or dispute it";
  if (view.request.state != approval::State::pending) return terminal::decision(view);
  if (desk.backend.can_review(view)) return {};
  const std::string me = desk.backend.self().name;
  const auto& reviews = view.request.reviews;
  const auto mine =
      std::find_if(reviews.begin(), reviews.end(), [&](const auto& review) { return review.reviewer == me; });
  if (mine != reviews.end()) return "you have reviewed it already (" + approval::to_text(mine->verdict) + ")";
  if (view.request.requester == me && !view.request.requirement.self) return "it is your own request";
  return "your review does not count for it: it waits for " + terminal::whom(view);
}

// Shows the whole action on the terminal, and asks there.
bool agrees(const Desk& desk, const View& view, const terminal::Terminal& on) {
  const std::string screen = terminal::full(view, desk.backend.now(), on.color, on.width);
  // What has scrolled away is said once more beside the question; cut, and saying so.
  const std::string what = util::visible(view.request.requester) + ": " +
                           terminal::paint(terminal::command_line(view, kWidthOfALine), on.color);
  return terminal::ask_yes(screen + "\n" + what + "\nApprove " + view.request.id.brief() + "? [y/N] ");
}

int approve_one(const Desk& desk, const View& view, const std::optional<terminal::Terminal>& on) {
  const auto& id = view.request.id;
  if (on) {
    if (const std::string reason = objection(desk, view); !reason.empty()) {
      say("jit-approve", "refused, " + id.brief() + ": " + reason);
      return kRefused;
    }
    if (!agrees(desk, view, *on)) {
      say("jit-approve", "not approved: " + id.brief());
      return kRefused;
    }
  }
  const auto signature = sign(desk, view, desk.options.message);
  return report(view, "approved",
                desk.backend.review(id, ReviewVerdict::approve, desk.options.message, signature));
}

// Tries all of them; the worst exit code stands.
template <typename Decide>
int each(const Desk& desk, const Decide& decide) {
  int worst = kDone;
  for (const auto& word : desk.options.ids) {
    const auto view = find(desk, word);
    worst = std::max(worst, view ? decide(*view) : kRefused);
  }
  return worst;
}

// Every verdict but an approval, which is asked for and signed.
int review_each(const Desk& desk, ReviewVerdict verdict, const char* done) {
  return each(desk, [&](const View& view) {
    return report(view, done, desk.backend.review(view.request.id, verdict, desk.options.message, {}));
  });
}

}  // namespace

int approve(const Desk& desk) {
  std::optional<terminal::Terminal> on;
  if (!desk.options.yes) {
    on = terminal::find_terminal(desk.color);
    if (!on)
      throw util::UsageError("there is no terminal to ask on",
                             "look with jit-approve show ID, then approve with --yes");
  }
  return each(desk, [&](const View& view) { return approve_one(desk, view, on); });
}

int acknowledge(const Desk& desk) {
  return review_each(desk, ReviewVerdict::acknowledge, "acknowledged");
}

int dispute(const Desk& desk) {
  return review_each(desk, ReviewVerdict::dispute, "disputed");
}

int deny(const Desk& desk) {
  return review_each(desk, ReviewVerdict::deny, "denied");
}

int revoke(const Desk& desk) {
  return each(desk, [&](const View& view) {
    return report(view, "revoked", desk.backend.revoke(view.request.id, desk.options.message));
  });
}

int withdraw(const Desk& desk) {
  return each(desk, [&](const View& view) {
    return report(view, "withdrawn", desk.backend.withdraw(view.request.id));
  });
}

}  // namespace jit::cli::approve
