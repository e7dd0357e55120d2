#include "gate/wait.hpp"

#include <poll.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "gate/progress.hpp"
#include "terminal/render.hpp"
#include "util/error.hpp"

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

// "; use 2 of 3" where an approval serves more than once: who is not asked again wants to know why.
std::string use_of(const approval::Request& request) {
  const int all = request.requirement.uses;
  if (all <= 1) return "";
  return "; use " + std::to_string(all - request.uses_left + 1) + " of " + std::to_string(all);
}

Result claim(const Waiting& waiting, Progress& progress, const SignalWatch& signals,
             const approval::View& view) {
  const approval::RequestId& id = view.request.id;
  waiting.status.event("approved", id.text());
  const Action action = waiting.collect(signals, id);
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
    progress.finish(terminal::decision(view) + use_of(view.request) + "    running");
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
      hint("run it without --request to ask anew");
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

}  // namespace

void say_differences(const std::vector<std::string>& differences) {
  for (const auto& difference : differences) say("  " + difference);
}

policy::Record record_of(const approval::Request& request, const policy::Verdict& here) {
  const auto wanted = request.requirement.record;
  return here.effect == policy::Effect::ask ? std::max(wanted, here.requirement.record) : wanted;
}

bool lacks_recordings(const Waiting& waiting, policy::Record record) {
  if (record != policy::Record::session || waiting.backend.recording_limit() > 0) return false;
  waiting.status.event("unavailable");
  say("the session must be recorded, and this backend keeps no recordings: nothing was started");
  return true;
}

Result wait(const Waiting& waiting, SignalWatch& signals, approval::View view,
            std::optional<Millis> at_most) {
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
      if (!begun) progress.begin(view, now, in_vain(waiting.out_of_reach, view));
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

}  // namespace jit::gate
