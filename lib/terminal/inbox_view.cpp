// How the inbox looks.
#include <algorithm>
#include <utility>

#include "approval/quorum.hpp"
#include "terminal/inbox_state.hpp"
#include "util/text.hpp"

namespace jit::terminal {
namespace {

using approval::ReviewVerdict;

constexpr int kFrameHeight = 3;  // title, notice, hints

Line faint(const std::string& text) {
  return {{text, Style::faint}};
}

// The end of a text that is too long, after "…".
std::string tail(std::string_view text, int width) {
  if (columns(std::string(text)) <= width) return std::string(text);
  while (!text.empty() && columns(std::string(text)) > width - 1) {
    if (!util::take_code_point(text)) text.remove_prefix(1);
  }
  return "…" + std::string(text);
}

std::string waiting_text(std::size_t count) {
  if (count == 0) return "nothing waits for you";
  return count == 1 ? "1 request waits for you" : std::to_string(count) + " requests wait for you";
}

// A selected line shows as one bar, and without colour by its ">".
Line as_selected(const Line& line) {
  std::string text = plain_text(line);
  return {{"> " + text, Style::selected}};
}

}  // namespace

// On a screen of few lines the frame goes first.
std::size_t InboxState::body_height() const {
  return static_cast<std::size_t>(m_height > kFrameHeight ? m_height - kFrameHeight : m_height);
}

std::vector<Line> InboxState::render() const {
  switch (m_screen) {
    case Screen::list:
      return render_list();
    case Screen::detail:
    case Screen::reason:
      return render_detail();
    case Screen::help:
      return render_help();
  }
  return {};
}

// One at least. In the list there is room for all that it says; elsewhere it would cover what is to be read.
std::vector<Line> InboxState::notice_lines() const {
  constexpr std::size_t kMost = 4;
  const Line notice{{m_notice, Style::strong}};
  if (m_screen != Screen::list || m_notice.empty() || body_height() <= 2 * kMost) return {notice};
  auto lines = wrap_words(notice, m_width, 0);
  lines.resize(std::min(lines.size(), kMost));
  return lines;
}

std::vector<Line> InboxState::framed(Line title, std::vector<Line> body, Line hints) const {
  std::vector<Line> notice = notice_lines();
  body.resize(body_height() - (notice.size() - 1));
  std::vector<Line> lines;
  if (m_height > kFrameHeight) {
    lines.push_back(std::move(title));
    std::move(body.begin(), body.end(), std::back_inserter(lines));
    if (m_screen == Screen::reason) notice = {reason_line()};
    std::move(notice.begin(), notice.end(), std::back_inserter(lines));
    lines.push_back(std::move(hints));
  } else {
    lines = std::move(body);
    if (m_screen == Screen::reason) lines.back() = reason_line();
    if (m_screen != Screen::reason && !m_notice.empty()) lines.back() = {{m_notice, Style::strong}};
  }
  for (auto& line : lines) line = cut(line, m_width);
  return lines;
}

std::vector<Line> InboxState::render_list() const {
  const std::size_t count = m_waiting.size();
  Line title{{"jit-approve", Style::strong}, {"   " + waiting_text(count), Style::plain}};
  const auto afterwards = std::count_if(m_waiting.begin(), m_waiting.end(), [](const auto& view) {
    return approval::awaits_review(view.request);
  });
  if (afterwards > 0)
    title.push_back({", " + std::to_string(afterwards) + " to review afterwards", Style::bad});
  std::vector<Line> body;
  std::size_t rows = body_height() - (notice_lines().size() - 1);
  if (rows > 4 && count > 0) {
    body.emplace_back();
    body.push_back({{"  ", Style::plain}});
    append(body.back(), list_heading());
    rows -= body.size();
  }
  const std::size_t at = position();
  const std::size_t first = count > rows ? std::min(at > rows / 2 ? at - rows / 2 : 0, count - rows) : 0;
  if (count > rows)
    title.push_back({"   " + std::to_string(first + 1) + " to " +
                         std::to_string(std::min(first + rows, count)) + " are shown",
                     Style::faint});
  for (std::size_t i = first; i < count && i < first + rows; ++i) {
    Line line = list_line(m_waiting[i], m_now, std::max(m_width - 2, 0));
    if (i == at) {
      body.push_back(as_selected(line));
    } else {
      body.push_back({{"  ", Style::plain}});
      append(body.back(), std::move(line));
    }
  }
  return framed(
      title, std::move(body),
      faint(count == 0 ? "q quit   ? help" : "enter look and decide   j/k or arrows move   q quit   ? help"));
}

Line InboxState::reason_line() const {
  const bool approves = m_verdict == ReviewVerdict::approve;
  // A notice takes the place of the label, so that it is seen where the eyes are.
  const bool afterwards = approval::awaits_review(m_shown->request);
  const std::string what =
      afterwards ? (approves ? "Acknowledge " : "Dispute ") : (approves ? "Approve " : "Deny ");
  const std::string label = !m_notice.empty() ? m_notice + " "
                                              : what + m_shown->request.id.brief() +
                                                    (approves ? ", reason (optional): " : ", reason: ");
  const int room = std::max(m_width - columns(label) - 1, 4);
  return {{label, approves ? Style::good : Style::bad},
          {tail(util::visible(m_editor.text()), room) + "_", Style::plain}};
}

std::vector<Line> InboxState::render_detail() const {
  Line title{{"Request " + m_shown->request.id.brief(), Style::strong}};
  if (!m_fate.empty()) title.push_back({"   " + m_fate, Style::bad});
  const std::size_t last = std::min(m_top + body_height(), m_detail.size());
  if (m_detail.size() > body_height()) {
    title.push_back({"   lines " + std::to_string(m_top + 1) + " to " + std::to_string(last) + " of " +
                         std::to_string(m_detail.size()),
                     Style::faint});
  }
  std::vector<Line> body(m_detail.begin() + static_cast<long>(m_top),
                         m_detail.begin() + static_cast<long>(last));
  const bool afterwards = approval::awaits_review(m_shown->request);
  const bool approves = m_verdict == ReviewVerdict::approve;
  std::string hints = "space more   b back up   esc list   ? help";
  if (m_fate.empty()) hints = (afterwards ? "a acknowledge   d dispute   " : "a approve   d deny   ") + hints;
  if (m_screen == Screen::reason) {
    hints = afterwards ? (approves ? "enter acknowledges" : "enter disputes")
                       : (approves ? "enter approves" : "enter denies");
    hints += "   esc cancels";
  }
  return framed(std::move(title), std::move(body), faint(hints));
}

std::vector<Line> InboxState::render_help() const {
  std::vector<Line> body;
  for (const char* text : {
           "",
           "In the list",
           "  j k, arrows     move             g G   first, last",
           "  enter           all about a request",
           "  q, esc          leave",
           "",
           "In a request",
           "  space b         a page on, back   j k, arrows   a line",
           "  a               approve, once the whole command has been on the screen",
           "  d               deny, with a reason",
           "                  of what ran by break-glass: acknowledge, dispute",
           "  esc             back to the list",
           "",
           "What came from a requester shows control characters, hidden characters and",
           "look-alikes spelled out (\\x1b, \\u{202e}); $'...' marks a word with such.",
           "\"!\" stands before what needs a closer look.",
       }) {
    body.push_back({{text, Style::plain}});
  }
  return framed({{"Help", Style::strong}}, std::move(body), faint("any key goes back"));
}

}  // namespace jit::terminal
