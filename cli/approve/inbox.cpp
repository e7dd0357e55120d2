#include "terminal/inbox.hpp"

#include <unistd.h>

#include "approval/quorum.hpp"
#include "cli/approve/commands.hpp"
#include "util/text.hpp"

namespace jit::cli::approve {

namespace {

// Yes and no, of what has run already.
approval::ReviewVerdict afterwards_as(approval::ReviewVerdict verdict) {
  return verdict == approval::ReviewVerdict::approve ? approval::ReviewVerdict::acknowledge
                                                     : approval::ReviewVerdict::dispute;
}

}  // namespace

int inbox(const Desk& desk) {
  auto& backend = desk.backend;
  const auto watch = backend.watch(std::nullopt);
  terminal::InboxActions actions;
  actions.list = [&] { return waiting_for_me(backend); };
  actions.get = [&](const approval::RequestId& id) { return backend.get(id); };
  actions.now = [&] { return backend.now(); };
  actions.needs_terminal = [&](const approval::View& view) {
    return !approval::awaits_review(view.request) && is_to_sign(desk, view);
  };
  actions.review = [&](const approval::View& shown, approval::ReviewVerdict verdict,
                       const std::string& message) {
    const approval::RequestId& id = shown.request.id;
    const bool approves = verdict == approval::ReviewVerdict::approve;
    const bool afterwards = approval::awaits_review(shown.request);
    const auto signature = approves && !afterwards ? sign(desk, shown, message) : std::nullopt;
    const auto outcome =
        backend.review(id, afterwards ? afterwards_as(verdict) : verdict, message, signature);
    if (const auto* refusal = std::get_if<backend::Refusal>(&outcome))
      return "Refused: " + util::visible(refusal->text);
    const auto* after = std::get_if<approval::View>(&outcome);
    if (after == nullptr) return "No such request any more: " + id.brief();
    const char* done =
        afterwards ? (approves ? "Acknowledged " : "Disputed ") : (approves ? "Approved " : "Denied ");
    return done + id.brief() + ": " + terminal::decision(*after);
  };
  actions.wake_fd = [&] { return watch ? watch->fd() : -1; };
  actions.drain = [&] { watch->drain(); };
  actions.attend = [&](const terminal::InboxActions::Tell& tell) {
    backend.attend({.interrupt = -1, .trouble = tell});
  };
  terminal::run_inbox(actions, terminal::choose_color(desk.color, STDOUT_FILENO));
  return kDone;
}

}  // namespace jit::cli::approve
