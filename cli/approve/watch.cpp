#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "approval/quorum.hpp"
#include "cli/approve/commands.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

namespace jit::cli::approve {
namespace {

using approval::RequestId;
using approval::State;
using approval::View;

constexpr int kSafetyPoll = 1000;  // ms: a wake-up is only a hint
// Started requests may yet be reported on, but most never are: so many are followed.
constexpr long kMostStarted = 200;

// Looking for these writes nothing; the deadlines of those that are known are seen when they are read.
const std::vector<State> kStatesOfNews{State::pending, State::approved, State::denied,  State::withdrawn,
                                       State::revoked, State::changed,  State::started, State::finished};

// What was known of a request at the last look.
struct Seen {
  RequestId id;
  State state = State::pending;
  int uses_left = 0;
  std::vector<approval::Review> reviews;
};

// What was said of a break-glass afterwards decides nothing.
const char* event_of(const approval::Review& review) {
  switch (review.verdict) {
    case approval::ReviewVerdict::acknowledge:
      return "acknowledged";
    case approval::ReviewVerdict::dispute:
      return "disputed";
    case approval::ReviewVerdict::approve:
    case approval::ReviewVerdict::deny:
      break;
  }
  return "reviewed";
}

bool has(const std::vector<approval::Review>& reviews, const approval::Review& wanted) {
  return std::any_of(reviews.begin(), reviews.end(), [&](const approval::Review& review) {
    return review.reviewer == wanted.reviewer && review.verdict == wanted.verdict && review.at == wanted.at;
  });
}

// Tells what happened from one look to the next.
class Watcher {
 public:
  explicit Watcher(const Desk& desk) : m_desk(desk), m_watch(desk.backend.watch(std::nullopt)) {
    for (const auto& view : desk.backend.list({})) {
      m_newest = view.request.id.text();
      if (!approval::is_over(view.request.state) || approval::awaits_review(view.request)) remember(view);
    }
  }

  // An outage is told by the backend; what happened in it is seen when it is over.
  void look() {
    try {
      look_at_all();
    } catch (const backend::Away&) {
    }
  }

  // False: nobody reads any more.
  bool sleep() {
    pollfd events[2] = {{m_watch ? m_watch->fd() : -1, POLLIN, 0}, {STDOUT_FILENO, 0, 0}};
    ::poll(events, 2, kSafetyPoll);
    if (m_watch && (events[0].revents & POLLIN) != 0) m_watch->drain();
    return (events[1].revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
  }

 private:
  void look_at_all() {
    const auto known = m_known;  // those that are over are forgotten on the way
    for (const auto& [text, seen] : known) {
      if (const auto view = m_desk.backend.get(seen.id)) tell_news(seen, *view);
    }
    const store::Filter newer{.states = kStatesOfNews, .after = m_newest};
    for (const auto& view : m_desk.backend.list(newer)) {
      m_newest = view.request.id.text();
      tell(view, "asked", view.request.created_at);
      tell_news({view.request.id, State::pending, view.request.uses_left, {}}, view);
    }
  }

  void tell_news(const Seen& before, const View& after) {
    const auto& request = after.request;
    for (const auto& review : request.reviews) {
      if (!has(before.reviews, review)) tell(after, event_of(review), review.at, &review);
    }
    const bool used = request.state == before.state && request.uses_left < before.uses_left;
    if (used) tell(after, "started", m_desk.backend.now());
    const bool alone = request.state == State::started && request.review_by;
    if (request.state != before.state)
      tell(after, alone ? "break_glass" : approval::to_text(request.state), m_desk.backend.now());
    remember(after);
  }

  void remember(const View& view) {
    const auto& request = view.request;
    const auto started = std::count_if(m_known.begin(), m_known.end(), [](const auto& entry) {
      return entry.second.state == State::started;
    });
    const bool may_change = !approval::is_over(request.state) || approval::awaits_review(request) ||
                            (request.state == State::started && started < kMostStarted);
    m_known.erase(request.id.text());
    if (may_change) {
      m_known.emplace(request.id.text(), Seen{request.id, request.state, request.uses_left, request.reviews});
    }
  }

  void tell(const View& view, const std::string& event, util::Time at,
            const approval::Review* review = nullptr) {
    print(m_desk.options.json ? json_line(view, event, at, review) : text_line(view, event, at, review));
  }

  static std::string json_line(const View& view, const std::string& event, util::Time at,
                               const approval::Review* review) {
    util::Json line{{"at", util::to_rfc3339(at)},
                    {"event", event},
                    {"request", view.request.id.text()},
                    {"requester", view.request.requester},
                    {"state", approval::to_text(view.request.state)}};
    if (review != nullptr) {
      line["reviewer"] = review->reviewer;
      line["verdict"] = approval::to_text(review->verdict);
      line["message"] = review->message;
    }
    return util::compact_json(line) + "\n";
  }

  // "10:14:03Z  asked      7k3mq2vd  alice: kubectl delete ns …"
  std::string text_line(const View& view, const std::string& event, util::Time at,
                        const approval::Review* review) const {
    constexpr std::size_t kEventWidth = 12;
    std::string line = util::to_rfc3339(at).substr(11, 8) + "Z  " + event;
    line.append(event.size() < kEventWidth ? kEventWidth - event.size() : 0, ' ');
    line += "  " + view.request.id.brief() + "  ";
    if (review != nullptr) {
      line += approval::to_text(review->verdict) + " by " + util::visible(review->reviewer);
      if (!review->message.empty()) line += ": " + util::visible(review->message);
      return line + "\n";
    }
    line += util::visible(view.request.requester) + ": ";
    const int width = terminal::terminal_width(STDOUT_FILENO, kWidthOfALine) - terminal::columns(line);
    const auto color = terminal::choose_color(m_desk.color, STDOUT_FILENO);
    return line + terminal::paint(terminal::command_line(view, std::max(width, 1)), color) + "\n";
  }

  const Desk& m_desk;
  std::unique_ptr<store::Watch> m_watch;
  std::map<std::string, Seen> m_known;
  std::string m_newest;  // the request that was made last
};

}  // namespace

int watch(const Desk& desk) {
  Watcher watcher(desk);
  while (watcher.sleep()) watcher.look();
  return kDone;
}

}  // namespace jit::cli::approve
