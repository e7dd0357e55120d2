#include "terminal/inbox.hpp"

#include <chrono>
#include <utility>

#include "approval/quorum.hpp"
#include "terminal/inbox_state.hpp"
#include "terminal/keys.hpp"
#include "terminal/screen.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::terminal {
namespace {

constexpr int kTick = 1000;          // ms: the clocks on the screen, and news that no wake-up told of
constexpr int kEscapePatience = 50;  // ms after which a lone ESC is the key

class Inbox {
 public:
  Inbox(const InboxActions& actions, Color color) : m_actions(actions), m_screen(color) {
    if (m_actions.attend) m_actions.attend([this](const std::string& trouble) { show_trouble(trouble); });
  }
  ~Inbox() {
    if (m_actions.attend) m_actions.attend({});
  }
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  void run() {
    bool look = true;
    while (true) {
      if (look) refresh();
      m_state.resize(m_screen.width(), m_screen.height());
      m_screen.draw(m_state.render());
      const int wake_fd = m_actions.wake_fd ? m_actions.wake_fd() : -1;
      const auto events = m_screen.wait(wake_fd, m_keys.is_waiting() ? kEscapePatience : kTick);
      if (events.hung_up) return;
      if (events.woken && m_actions.drain) m_actions.drain();
      const bool typed = !events.typed.empty();
      look = events.woken || (!typed && !m_keys.is_waiting());
      const auto keys = typed ? m_keys.feed(events.typed) : m_keys.give_up();
      if (take(keys)) return;
    }
  }

 private:
  // True: the person leaves.
  bool take(const std::vector<Key>& keys) {
    for (const auto& key : keys) {
      if (key.kind == Key::Kind::redraw) m_screen.forget();
      const bool asked_before = m_state.screen() == InboxState::Screen::reason;
      const Wish wish = m_state.handle(key);
      if (std::holds_alternative<Quit>(wish)) return true;
      if (const auto* decide = std::get_if<Decide>(&wish)) {
        carry_out(*decide);
        return false;  // the rest was typed for a screen that is gone
      }
      if (m_state.screen() == InboxState::Screen::reason && !asked_before) {
        // What was typed before the question could be seen is no answer to it.
        m_screen.flush_input();
        m_keys.forget();
        return false;
      }
    }
    return false;
  }

  void carry_out(const Decide& decide) {
    std::string outcome;
    const auto review = [&] {
      try {
        outcome = m_actions.review(decide.shown, decide.verdict, decide.message);
      } catch (const util::Error& error) {
        outcome = "Not sent: " + util::visible(error.what());
        if (!error.hint().empty()) outcome += " (" + util::visible(error.hint()) + ")";
      }
    };
    const bool approves = decide.verdict == approval::ReviewVerdict::approve;
    if (approves && m_actions.needs_terminal && m_actions.needs_terminal(decide.shown)) {
      m_screen.step_aside(review);
    } else {
      review();
    }
    m_state.decided(std::move(outcome));
    refresh();
  }

  void refresh() {
    try {
      auto waiting = m_actions.list();
      m_state.update(std::move(waiting), m_actions.now(), fate_of_selected());
      if (m_failing) m_state.say("Connected again.");
      m_failing = false;
    } catch (const util::Error& error) {
      out_of_date(error.what());
    }
  }

  // Shown until it works again; what is on the screen may be out of date, and a decision is checked anyway.
  void out_of_date(const std::string& why) {
    m_state.say("Out of date: " + util::visible(why));
    m_failing = true;
  }

  // The screen stands still meanwhile: it says why.
  void show_trouble(const std::string& trouble) {
    out_of_date(trouble);
    m_screen.draw(m_state.render());
  }

  std::string fate_of_selected() {
    if (m_state.screen() == InboxState::Screen::list) return {};
    const auto id = m_state.selected();
    const auto view = id ? m_actions.get(*id) : std::nullopt;
    if (!view) return "it is gone";
    const bool waits =
        view->request.state == approval::State::pending || approval::awaits_review(view->request);
    return waits ? "" : decision(*view);
  }

  const InboxActions& m_actions;
  Screen m_screen;
  InboxState m_state;
  KeyReader m_keys;
  bool m_failing = false;
};

}  // namespace

void run_inbox(const InboxActions& actions, Color color) {
  Inbox(actions, color).run();
}

}  // namespace jit::terminal
