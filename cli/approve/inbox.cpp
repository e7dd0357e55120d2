#include "terminal/inbox.hpp"

#include <unistd.h>

#include "cli/approve/commands.hpp"
#include "util/text.hpp"

namespace jit::cli::approve {

int inbox(const Desk& desk) {
  auto& backend = desk.backend;
  const auto watch = backend.watch(std::nullopt);
  terminal::InboxActions actions;
  actions.list = [&] { return waiting_for_me(backend); };
  actions.get = [&](const approval::RequestId& id) { return backend.get(id); };
  actions.now = [&] { return backend.now(); };
  actions.needs_terminal = [&](const approval::View& view) { return is_to_sign(desk, view); };
  actions.review = [&](const approval::View& shown, approval::ReviewVerdict verdict,
                       const std::string& message) {
    const approval::RequestId& id = shown.request.id;
    const auto signature =
        verdict == approval::ReviewVerdict::approve ? sign(desk, shown, message) : std::nullopt;
    const auto outcome = backend.review(id, verdict, message, signature);
    if (const auto* refusal = std::get_if<backend::Refusal>(&outcome))
      return "Refused: " + util::visible(refusal->text);
    const auto* after = std::get_if<approval::View>(&outcome);
    if (after == nullptr) return "No such request any more: " + id.brief();
    return (verdict == approval::ReviewVerdict::approve ? "Approved " : "Denied ") + id.brief() + ": " +
           terminal::decision(*after);
  };
  actions.wake_fd = watch ? watch->fd() : -1;
  actions.drain = [&] { watch->drain(); };
  actions.attend = [&](const terminal::InboxActions::Tell& tell) {
    backend.attend({.interrupt = -1, .trouble = tell});
  };
  terminal::run_inbox(actions, terminal::choose_color(desk.color, STDOUT_FILENO));
  return kDone;
}

}  // namespace jit::cli::approve
