#include "gate/gate.hpp"

#include <unistd.h>

#include <map>
#include <nlohmann/json.hpp>

#include "approval/binding.hpp"
#include "context/action.hpp"
#include "gate/progress.hpp"
#include "gate/signals.hpp"
#include "gate/wait.hpp"
#include "terminal/render.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

namespace jit::gate {
namespace {

using approval::State;
using util::Millis;

// Outside of a wait there is nothing to withdraw: a signal ends this process.
Action collect(const Waiting& waiting, SignalWatch& signals,
               const std::optional<approval::RequestId>& claimed = {}) {
  try {
    return waiting.collect(signals, claimed);
  } catch (const util::Error&) {
    if (const auto signal = signals.caught()) signals.end_by(*signal);
    throw;
  }
}

bool is_to_retry(const Waiting& waiting, const Result& result) {
  const auto* exit = std::get_if<Exit>(&result);
  if (!waiting.retry_changed || exit == nullptr || *exit != Exit::changed) return false;
  say("asking anew; the approvers are shown what has changed");
  return true;
}

// The request that was made; else how it ended without one, which has been said. `here`: what the policies of
// this machine say of what is asked for now.
std::variant<approval::View, Result> post(const Waiting& waiting, const backend::NewRequest& request,
                                          const policy::Verdict& here) {
  const auto wanted = here.effect == policy::Effect::ask ? here.requirement.record : policy::Record::none;
  if (lacks_recordings(waiting, wanted)) return Exit::unavailable;
  auto result = waiting.backend.ask(request);
  if (const auto* not_asked = std::get_if<backend::NotAsked>(&result)) {
    if (!not_asked->problem.empty()) {
      say(not_asked->problem);
      return Exit::usage;
    }
    if (not_asked->verdict.effect == policy::Effect::deny) {
      return denied(waiting.status, not_asked->verdict, not_asked->because);
    }
    // The backend's word alone allows nothing where only signed approvals count.
    if (here.effect == policy::Effect::ask && here.requirement.signatures) {
      waiting.status.event("unavailable");
      say("the policies here count only signed approvals, and the backend asked nobody for one");
      return Exit::unavailable;
    }
    if (wanted != policy::Record::none) {
      waiting.status.event("unavailable");
      say("the policies here want it recorded, and the backend made no request to record to");
      return Exit::unavailable;
    }
    // A backend with policies of its own says that nobody need be asked: that is its decision to make.
    if (const auto permit = approval::Permit::from_verdict(not_asked->verdict)) {
      waiting.status.event("allowed");
      return Granted{*permit};
    }
    say("the backend did not ask anybody, and does not say why");
    return Exit::unavailable;
  }
  auto& view = std::get<approval::View>(result);
  waiting.status.event("asked", view.request.id.text());
  if (lacks_recordings(waiting, view.request.requirement.record)) return Exit::unavailable;
  return std::move(view);
}

// Asks and waits; with --retry-changed until it ends otherwise than by a change.
Result ask_until_settled(const Waiting& waiting, SignalWatch& signals, backend::NewRequest request,
                         policy::Verdict here) {
  while (true) {
    if (here.effect == policy::Effect::deny) return denied(waiting.status, here);
    auto posted = post(waiting, request, here);
    if (const auto* result = std::get_if<Result>(&posted)) return *result;
    auto& view = std::get<approval::View>(posted);
    const approval::RequestId id = view.request.id;
    auto result = wait(waiting, signals, std::move(view));
    if (!is_to_retry(waiting, result)) return result;
    Action action = collect(waiting, signals);
    request.context = std::move(action.context);
    here = std::move(action.verdict);
    request.earlier = id;
  }
}

}  // namespace

void say(const std::string& text) {
  (void)util::write_all(STDERR_FILENO, "jit-run: " + util::visible(text) + "\n");
}

void hint(const std::string& text) {
  (void)util::write_all(STDERR_FILENO, "hint: " + util::visible(text) + "\n");
}

Exit denied(run::StatusStream& status, const policy::Verdict& verdict,
            const std::vector<std::string>& warnings) {
  status.event("denied");
  say("denied by policy" + (verdict.message.empty() ? "" : ": " + verdict.message));
  say_differences(warnings);
  if (verdict.rules.empty() && !verdict.message.empty()) return Exit::denied;
  if (verdict.rules.empty()) {
    hint(
        "no rule matches, and the setting default denies such commands: jit-policy explain -- and the "
        "command");
  } else {
    hint("the rule is " + util::join(verdict.rules, ", ") + "; jit-policy explain -- COMMAND shows why");
  }
  return Exit::denied;
}

void say_what_stands(backend::Backend& backend, const std::string& id_or_prefix) {
  const auto found = backend.find(id_or_prefix);
  const auto* id = std::get_if<approval::RequestId>(&found);
  const auto view = id != nullptr ? backend.get(*id) : std::nullopt;
  if (!view || view->request.state != State::approved || !view->request.valid_until ||
      view->request.requester != backend.self().name)
    return;
  hint("the approval of request " + id->brief() + " stands until " +
       util::to_rfc3339(*view->request.valid_until) + ": jit-run --request " + id->brief() +
       " and the same command may be tried again");
}

Result ask_and_wait(const Waiting& waiting, const backend::NewRequest& request) {
  SignalWatch signals;
  return ask_until_settled(waiting, signals, request, waiting.first);
}

Result break_glass(const Waiting& waiting, const backend::NewRequest& request) {
  auto posted = post(waiting, request, waiting.first);
  if (const auto* result = std::get_if<Result>(&posted)) return *result;
  const auto& view = std::get<approval::View>(posted);
  const auto permit = approval::Permit::by_break_glass(view.request);
  if (!permit) throw util::Error("the backend has not recorded that this starts without an approval");
  waiting.status.event("break_glass", view.request.id.text());
  say("break-glass: running now, without an approval    request " + view.request.id.brief() +
      "   to be reviewed by " + terminal::whom(view) + " within " +
      util::to_text(*view.request.review_by - view.request.created_at));
  return Granted{*permit, view.request, record_of(view.request, waiting.first)};
}

int post_only(const Waiting& waiting, const backend::NewRequest& request) {
  auto posted = post(waiting, request, waiting.first);
  if (const auto* result = std::get_if<Result>(&posted)) {
    if (const auto* exit = std::get_if<Exit>(result)) return static_cast<int>(*exit);
    throw util::UsageError("the backend allows this without asking: there is nothing to wait for",
                           "run it without --no-wait");
  }
  const auto& view = std::get<approval::View>(posted);
  if (!util::write_all(STDOUT_FILENO, view.request.id.text() + "\n")) {
    throw util::SystemError(errno, "stdout", "the request is posted: " + view.request.id.text());
  }
  if (const auto vain = in_vain(waiting.out_of_reach, view); !waiting.quiet && !vain.empty()) {
    say(vain);
    hint("jit-policy who -- COMMAND shows who could; jit-approve withdraw " + view.request.id.brief());
  }
  return 0;
}

Result resume(const Waiting& waiting, const std::string& id_or_prefix, std::optional<Millis> at_most) {
  SignalWatch signals;
  const auto found = waiting.backend.find(id_or_prefix);
  if (const auto* many = std::get_if<service::Ambiguous>(&found)) {
    throw util::UsageError("\"" + id_or_prefix + "\" could be any of " + util::join(many->candidates, ", "),
                           "give more of the id");
  }
  const auto* id = std::get_if<approval::RequestId>(&found);
  auto view = id != nullptr ? waiting.backend.get(*id) : std::nullopt;
  if (!view)
    throw util::UsageError("no such request: " + id_or_prefix, "jit-approve list --all shows what there is");
  if (view->request.requester != waiting.backend.self().name) {
    throw util::UsageError("request " + view->request.id.brief() + " is not yours",
                           "only who asked can run it; ask for yourself without --request");
  }
  // A pending request for something else is left alone: nothing has been approved that could be misused.
  if (view->request.state == State::pending) {
    // The labels that its rules gave it are not the requester's to repeat.
    const auto labels = view->request.context->value("labels", util::Json::object());
    const auto now = approval::labelled(*collect(waiting, signals, *id).context,
                                        labels.get<std::map<std::string, std::string>>());
    const auto differences = context::differences(*view->request.context, *now);
    if (!(context::digest_of(*now) == view->request.digest)) {
      waiting.status.event("changed", view->request.id.text());
      say("changed: this is not the action of request " + view->request.id.brief());
      say_differences(differences);
      return Exit::changed;
    }
  }
  backend::NewRequest anew{nullptr, view->request.reason, view->request.ticket, at_most, view->request.id};
  auto result = wait(waiting, signals, std::move(*view), at_most);
  if (!is_to_retry(waiting, result)) return result;
  Action action = collect(waiting, signals);
  anew.context = std::move(action.context);
  return ask_until_settled(waiting, signals, std::move(anew), std::move(action.verdict));
}

}  // namespace jit::gate
