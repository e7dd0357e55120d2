#include "gate/gate.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "approval/binding.hpp"
#include "context/action.hpp"
#include "gate/progress.hpp"
#include "gate/signals.hpp"
#include "terminal/render.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

namespace jit::gate {
namespace {

using approval::State;
using util::Millis;

// A wake-up can be lost (another machine's file system, a doorbell that cannot be made): look anyway, this
// often.
constexpr Millis kSafetyPoll{1000};
constexpr Millis kPollWithoutWatch{250};
// A backend may need so long to notice that a request's time is over.
constexpr Millis kGraceAtTheEnd{30'000};

void hint(const std::string& text) {
  (void)util::write_all(STDERR_FILENO, "hint: " + util::visible(text) + "\n");
}

void say_differences(const std::vector<std::string>& differences) {
  for (const auto& difference : differences) say("  " + difference);
}

Exit refuse(const Waiting& waiting, Progress& progress, const approval::View& view, const char* event,
            Exit exit) {
  waiting.status.event(event, view.request.id.text());
  progress.clear();
  say(terminal::decision(view) + "    request " + view.request.id.brief());
  return exit;
}

Exit gone(const std::string& id) {
  say("no such request: " + id);
  return Exit::unavailable;
}

// Why a claim was refused, as an exit code: the state that is found decides, not the words.
Exit claim_refused(const Waiting& waiting, const approval::RequestId& id, const approval::Refusal& refusal) {
  say(refusal.text);
  const auto view = waiting.backend.get(id);
  if (!view) return gone(id.text());
  switch (view->request.state) {
    case State::expired:
    case State::lapsed:
      return Exit::expired;
    case State::withdrawn:
      return Exit::withdrawn;
    case State::changed:
      return Exit::changed;
    case State::pending:
    case State::approved:
    case State::denied:
    case State::revoked:
    case State::started:
    case State::finished:
      return Exit::denied;
  }
  return Exit::unavailable;
}

// What is to be kept of a command by a request and by the policies here: whichever keeps more.
policy::Record record_of(const approval::Request& request, const policy::Verdict& here) {
  const auto wanted = request.requirement.record;
  return here.effect == policy::Effect::ask ? std::max(wanted, here.requirement.record) : wanted;
}

// Whether a session is to be recorded that the backend would not keep: then nothing starts, which is said.
bool lacks_recordings(const Waiting& waiting, policy::Record record) {
  if (record != policy::Record::session || waiting.backend.recording_limit() > 0) return false;
  waiting.status.event("unavailable");
  say("the session must be recorded, and this backend keeps no recordings: nothing was started");
  return true;
}

Result claim(const Waiting& waiting, Progress& progress, const SignalWatch& signals,
             const approval::View& view) {
  const approval::RequestId& id = view.request.id;
  waiting.status.event("approved", id.text());
  const Action action = waiting.collect(signals);
  const policy::Record record = record_of(view.request, action.verdict);
  if (lacks_recordings(waiting, record)) return Exit::unavailable;
  auto result = waiting.backend.claim(id, action.context, action.verdict);
  if (const auto* refusal = std::get_if<approval::Refusal>(&result)) {
    progress.clear();
    return claim_refused(waiting, id, *refusal);
  }
  auto* claimed = std::get_if<backend::Claimed>(&result);
  if (claimed == nullptr) return gone(id.text());
  if (claimed->permit) {
    progress.finish(terminal::decision(view) + "    running");
    return Granted{*claimed->permit, claimed->view.request, record};
  }
  waiting.status.event("changed", id.text());
  progress.clear();
  say("changed: what would run is no longer what was approved    request " + id.brief());
  say_differences(claimed->differences);
  if (!waiting.retry_changed) {
    hint(
        "this request is over; ask for what it is now, without --request (--retry-changed does so by "
        "itself)");
  }
  return Exit::changed;
}

void report_reviews(const Waiting& waiting, const approval::View& view, std::size_t& reported) {
  for (; reported < view.request.reviews.size(); ++reported) {
    const auto& review = view.request.reviews[reported];
    const util::Json more = {{"reviewer", review.reviewer}, {"verdict", approval::to_text(review.verdict)}};
    waiting.status.event("reviewed", view.request.id.text(), &more);
  }
}

// Sleeps until something may have changed.
void sleep_until_news(store::Watch* watch, const SignalWatch& signals, Millis at_most) {
  const int watch_fd = watch != nullptr ? watch->fd() : -1;
  pollfd events[2] = {{signals.fd(), POLLIN, 0}, {watch_fd, POLLIN, 0}};
  const Millis limit = watch_fd >= 0 ? kSafetyPoll : kPollWithoutWatch;
  const auto timeout = std::clamp(at_most, Millis{1}, limit);
  ::poll(events, 2, static_cast<int>(timeout.count()));
  if (watch != nullptr && (events[1].revents & POLLIN) != 0) watch->drain();
}

[[noreturn]] void withdraw_and_end(const Waiting& waiting, Progress& progress, SignalWatch& signals,
                                   const approval::RequestId& id, int signal) {
  progress.clear();
  waiting.backend.attend({});
  try {
    const auto result = waiting.backend.withdraw(id);
    if (std::holds_alternative<approval::View>(result)) {
      waiting.status.event("withdrawn", id.text());
      say("withdrawn    request " + id.brief());
    }
  } catch (const util::Error& error) {
    say("request " + id.brief() + " could not be withdrawn: " + error.what());
    say("it stays open until it expires, or: jit-approve withdraw " + id.brief());
  }
  signals.end_by(signal);
}

// While it lives, ^C does not wait for a server that is away, and it is said why nothing happens.
class Attending {
 public:
  Attending(backend::Backend& backend, const SignalWatch& signals, Progress& progress) : m_backend(backend) {
    backend.attend({signals.fd(), [&progress](const std::string& text) { progress.interject(text); }});
  }
  ~Attending() { m_backend.attend({}); }
  Attending(const Attending&) = delete;
  Attending& operator=(const Attending&) = delete;

 private:
  backend::Backend& m_backend;
};

// Outside of a wait there is nothing to withdraw: a signal ends this process.
Action collect(const Waiting& waiting, SignalWatch& signals) {
  try {
    return waiting.collect(signals);
  } catch (const util::Error&) {
    if (const auto signal = signals.caught()) signals.end_by(*signal);
    throw;
  }
}

// What to do about the state that a request is in; nullopt while there is nothing but to wait.
std::optional<Result> settle(const Waiting& waiting, Progress& progress, const SignalWatch& signals,
                             const approval::View& view) {
  switch (view.request.state) {
    case State::pending:
      return std::nullopt;
    case State::approved:
      return claim(waiting, progress, signals, view);
    case State::denied:
    case State::revoked:
      return refuse(waiting, progress, view, "denied", Exit::denied);
    case State::expired:
    case State::lapsed:
      return refuse(waiting, progress, view, "expired", Exit::expired);
    case State::withdrawn:
      return refuse(waiting, progress, view, "withdrawn", Exit::withdrawn);
    case State::changed:
      return refuse(waiting, progress, view, "changed", Exit::changed);
    case State::started:
    case State::finished:
      say("this approval has been used already    request " + view.request.id.brief());
      return Exit::denied;
  }
  return Exit::unavailable;
}

// A backend that never ends a request must not keep anybody for ever.
Exit overdue(const Waiting& waiting, Progress& progress, const approval::RequestId& id) {
  waiting.status.event("expired", id.text());
  progress.clear();
  say("expired, although the backend still calls it pending    request " + id.brief());
  return Exit::expired;
}

Exit give_up(const Waiting& waiting, Progress& progress, const approval::RequestId& id) {
  waiting.status.event("expired", id.text());
  progress.clear();
  say("no decision in the time of --wait; the request waits on: jit-run --request " + id.brief() +
      " and the same command");
  return Exit::expired;
}

// The request as it is now; nullopt when the backend has none. A backend that is away is tried until `end`:
// nobody is sent home because a server restarts.
std::optional<approval::View> look(const Waiting& waiting, const SignalWatch& signals,
                                   const approval::RequestId& id, util::Time end) {
  while (true) {
    try {
      return waiting.backend.get(id);
    } catch (const backend::Away&) {
      if (waiting.backend.now() >= end || signals.caught()) throw;
    }
    sleep_until_news(nullptr, signals, kPollWithoutWatch);
  }
}

// What failed while a request was open, and what that means for it.
Exit failed(const Waiting& waiting, Progress& progress, const approval::RequestId& id,
            const util::Error& error) {
  waiting.status.event("unavailable", id.text());
  progress.clear();
  say(error.what());
  if (!error.hint().empty()) hint(error.hint());
  say("request " + id.brief() + " has not been touched; when the backend answers again: jit-run --request " +
      id.brief() + " and the same command, or jit-approve withdraw " + id.brief());
  return Exit::unavailable;
}

Result wait(const Waiting& waiting, SignalWatch& signals, approval::View view,
            std::optional<Millis> at_most = std::nullopt) {
  const approval::RequestId id = view.request.id;
  Progress progress(waiting.quiet);
  const Attending attending(waiting.backend, signals, progress);
  try {
    // Watch first, then look: a decision between the two is seen.
    const auto watch = waiting.backend.watch(id);
    std::size_t reported = 0;
    bool begun = false;
    const util::Time patience = at_most ? waiting.backend.now() + *at_most : util::Time::max();
    while (true) {
      if (const auto signal = signals.caught()) withdraw_and_end(waiting, progress, signals, id, *signal);
      auto now_view =
          look(waiting, signals, id, std::min(view.request.expires_at + kGraceAtTheEnd, patience));
      if (!now_view) return gone(id.text());
      view = std::move(*now_view);
      report_reviews(waiting, view, reported);
      if (view.request.state != State::pending) break;
      const util::Time now = waiting.backend.now();
      if (now >= patience) return give_up(waiting, progress, id);
      if (now >= view.request.expires_at + kGraceAtTheEnd) return overdue(waiting, progress, id);
      if (!begun) progress.begin(view, now);
      progress.update(view, now);
      begun = true;
      const util::Time until = std::min(view.request.expires_at, patience);
      sleep_until_news(watch.get(), signals, until - now);
    }
    auto result = settle(waiting, progress, signals, view);
    // Whoever pressed ^C while the claim was being made does not want it to run.
    if (const auto signal = signals.caught()) withdraw_and_end(waiting, progress, signals, id, *signal);
    return *result;
  } catch (const util::Error& error) {
    if (const auto signal = signals.caught()) withdraw_and_end(waiting, progress, signals, id, *signal);
    return failed(waiting, progress, id, error);
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
    if (not_asked->verdict.effect == policy::Effect::deny) return denied(waiting.status, not_asked->verdict);
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

Exit denied(run::StatusStream& status, const policy::Verdict& verdict) {
  status.event("denied");
  say("denied by policy" + (verdict.message.empty() ? "" : ": " + verdict.message));
  if (verdict.rules.empty()) {
    hint(
        "no rule matches, and the setting default denies such commands: jit-policy explain -- and the "
        "command");
  } else {
    hint("the rule is " + util::join(verdict.rules, ", ") + "; jit-policy explain -- COMMAND shows why");
  }
  return Exit::denied;
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
    const auto now = approval::labelled(*collect(waiting, signals).context,
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
