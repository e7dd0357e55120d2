// What the inbox does with news and keys; inbox_view.cpp shows it.
#include "terminal/inbox_state.hpp"

#include <algorithm>
#include <utility>

#include "util/text.hpp"

namespace jit::terminal {

using approval::ReviewVerdict;
using Kind = Key::Kind;

// Below this, lines are cut and notices have no place.
constexpr int kNarrowest = 20;
constexpr int kLowest = 5;

std::optional<approval::RequestId> InboxState::selected() const {
  if (m_screen != Screen::list && m_shown) return m_shown->request.id;
  return m_waiting.empty() ? std::nullopt : m_selected;
}

bool InboxState::is_waiting(const approval::RequestId& id) const {
  return std::any_of(m_waiting.begin(), m_waiting.end(),
                     [&](const auto& view) { return view.request.id == id; });
}

std::size_t InboxState::position() const {
  const auto found = std::find_if(m_waiting.begin(), m_waiting.end(), [&](const auto& view) {
    return m_selected && view.request.id == *m_selected;
  });
  return static_cast<std::size_t>(found - m_waiting.begin());
}

void InboxState::update(std::vector<approval::View> waiting, util::Time now, const std::string& fate) {
  const std::size_t before = position();
  m_waiting = std::move(waiting);
  m_now = now;
  if (m_waiting.empty()) {
    m_selected.reset();
  } else if (!m_selected || !is_waiting(*m_selected)) {
    // What was selected is gone: its place is taken by what came after it.
    m_selected = m_waiting[std::min(before, m_waiting.size() - 1)].request.id;
  }
  if (!m_shown) return;
  const auto& id = m_shown->request.id;
  if (is_waiting(id)) {
    m_fate.clear();
    m_shown = *std::find_if(m_waiting.begin(), m_waiting.end(),
                            [&](const auto& view) { return view.request.id == id; });
  } else {
    m_fate = fate.empty() ? "it waits for you no longer" : fate;
    if (m_screen == Screen::reason) {
      m_screen = Screen::detail;
      say("Nothing was sent: meanwhile, " + m_fate + ".");
    }
  }
  lay_out();
}

void InboxState::resize(int width, int height) {
  m_width = std::max(width, 1);
  m_height = std::max(height, 1);
  if (m_shown) lay_out();
}

void InboxState::decided(std::string text) {
  m_screen = Screen::list;
  m_shown.reset();
  say(std::move(text));
}

void InboxState::move_selection(long by) {
  if (m_waiting.empty()) return;
  const long last = static_cast<long>(m_waiting.size()) - 1;
  m_selected = m_waiting[static_cast<std::size_t>(std::clamp(static_cast<long>(position()) + by, 0L, last))]
                   .request.id;
}

void InboxState::open_detail() {
  if (m_waiting.empty()) return;
  m_shown = m_waiting[position()];
  m_selected = m_shown->request.id;
  m_fate.clear();
  m_screen = Screen::detail;
  m_top = m_seen = m_essential = 0;
  m_detail.clear();
  lay_out();
}

// A request's action never changes, so what has been seen of it stays seen. But when its lines are broken
// anew, a count of lines means nothing any more, and half a reading begins anew.
void InboxState::lay_out() {
  const bool was_seen = m_essential > 0 && has_been_seen();
  const std::size_t essential_before = m_essential;
  auto full = laid_out(full_view(*m_shown, m_now), m_width);
  m_detail = std::move(full.lines);
  m_essential = full.essential;
  if (m_essential != essential_before) m_seen = 0;
  if (was_seen) m_seen = m_detail.size();
  scroll_to(m_top);
}

void InboxState::scroll_to(std::size_t top) {
  const std::size_t body = body_height();
  m_top = std::min(top, m_detail.size() > body ? m_detail.size() - body : 0);
  if (m_top <= m_seen) m_seen = std::max(m_seen, std::min(m_top + body, m_detail.size()));
}

void InboxState::scroll_by(long by) {
  scroll_to(by < 0 && m_top < static_cast<std::size_t>(-by) ? 0 : m_top + static_cast<std::size_t>(by));
}

void InboxState::start_reason(ReviewVerdict verdict) {
  if (!m_fate.empty()) return say("It cannot be decided any more: " + m_fate + ".");
  if (verdict == ReviewVerdict::approve && (m_width < kNarrowest || m_height < kLowest)) {
    return say("This screen is too small to approve on.");
  }
  if (verdict == ReviewVerdict::approve && !has_been_seen()) {
    const bool is_one = m_seen + 1 == m_essential;
    return say(
        "Read it first: " +
        (is_one ? "line " + std::to_string(m_essential) + " has"
                : "lines " + std::to_string(m_seen + 1) + " to " + std::to_string(m_essential) + " have") +
        " not been on the screen. Space goes on.");
  }
  m_verdict = verdict;
  m_editor = LineEditor();
  m_screen = Screen::reason;
}

Wish InboxState::handle(const Key& key) {
  m_notice.clear();
  switch (m_screen) {
    case Screen::list:
      return handle_list(key);
    case Screen::detail:
      return handle_detail(key);
    case Screen::reason:
      return handle_reason(key);
    case Screen::help:
      m_screen = m_before_help;
      return {};
  }
  return {};
}

Wish InboxState::handle_list(const Key& key) {
  const long page = std::max(1L, static_cast<long>(body_height()) - 1);
  const std::string& c = key.text;
  if (key.kind == Kind::escape || (key.kind == Kind::character && c == "q")) return Quit{};
  if (key.kind == Kind::up || (key.kind == Kind::character && c == "k")) move_selection(-1);
  if (key.kind == Kind::down || (key.kind == Kind::character && c == "j")) move_selection(1);
  if (key.kind == Kind::page_up) move_selection(-page);
  if (key.kind == Kind::page_down) move_selection(page);
  if (key.kind == Kind::home || (key.kind == Kind::character && c == "g"))
    move_selection(-static_cast<long>(m_waiting.size()));
  if (key.kind == Kind::end || (key.kind == Kind::character && c == "G"))
    move_selection(static_cast<long>(m_waiting.size()));
  if (key.kind == Kind::enter) open_detail();
  if (key.kind == Kind::character && (c == "a" || c == "d") && !m_waiting.empty()) {
    // Nobody decides about a line that is cut.
    open_detail();
    say(has_been_seen() || c == "d"
            ? std::string(c) + (c == "a" ? " approves" : " denies") + ", esc goes back."
            : "Space goes on; at its end, a approves. Esc goes back.");
  }
  if (key.kind == Kind::character && c == "?") {
    m_before_help = Screen::list;
    m_screen = Screen::help;
  }
  return {};
}

Wish InboxState::handle_detail(const Key& key) {
  const long page = std::max(1L, static_cast<long>(body_height()) - 1);
  const std::string& c = key.text;
  if (key.kind == Kind::escape || (key.kind == Kind::character && c == "q")) {
    m_screen = Screen::list;
    m_shown.reset();
    return {};
  }
  if (key.kind == Kind::up || (key.kind == Kind::character && c == "k")) scroll_by(-1);
  if (key.kind == Kind::down || key.kind == Kind::enter || (key.kind == Kind::character && c == "j"))
    scroll_by(1);
  if (key.kind == Kind::page_up || (key.kind == Kind::character && c == "b")) scroll_by(-page);
  if (key.kind == Kind::page_down || (key.kind == Kind::character && c == " ")) scroll_by(page);
  if (key.kind == Kind::home || (key.kind == Kind::character && c == "g")) scroll_to(0);
  if (key.kind == Kind::end || (key.kind == Kind::character && c == "G")) scroll_to(m_detail.size());
  if (key.kind == Kind::character && c == "a") start_reason(ReviewVerdict::approve);
  if (key.kind == Kind::character && c == "d") start_reason(ReviewVerdict::deny);
  if (key.kind == Kind::character && c == "?") {
    m_before_help = Screen::detail;
    m_screen = Screen::help;
  }
  return {};
}

Wish InboxState::handle_reason(const Key& key) {
  if (m_editor.handle(key)) return {};
  if (key.kind == Kind::escape) {
    m_screen = Screen::detail;
    say("Nothing was sent.");
    return {};
  }
  if (key.kind != Kind::enter) return {};
  if (m_verdict == ReviewVerdict::deny && m_editor.text().find_first_not_of(' ') == std::string::npos) {
    say("Say why: the requester will read it.");
    return {};
  }
  // The answer to a question that was not asked: what a shell would ask here.
  const bool approves = m_verdict == ReviewVerdict::approve;
  if (approves && (m_editor.text() == "n" || m_editor.text() == "no")) {
    m_screen = Screen::detail;
    say("Nothing was sent.");
    return {};
  }
  const bool is_yes = approves && (m_editor.text() == "y" || m_editor.text() == "yes");
  return Decide{*m_shown, m_verdict, is_yes ? "" : m_editor.text()};
}

}  // namespace jit::terminal
