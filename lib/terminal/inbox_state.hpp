#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "approval/request.hpp"
#include "terminal/keys.hpp"
#include "terminal/line_editor.hpp"
#include "terminal/render.hpp"
#include "terminal/style.hpp"
#include "util/time.hpp"

namespace jit::terminal {

/// What a key asks the program to do.
struct Quit {};
struct Decide {
  approval::View shown;  // what it is about, as it was on the screen
  approval::ReviewVerdict verdict = approval::ReviewVerdict::deny;
  std::string message;
};
using Wish = std::variant<std::monostate, Quit, Decide>;

/// All that the inbox knows and shows, without a terminal: news and keys change it, `render` shows it. A
/// decision is always about the request whose details are on the screen, and an approval needs that its
/// essential lines have been there.
class InboxState {
 public:
  enum class Screen { list, detail, reason, help };

  /// What waits now. The selection stays with its request. When the one on the screen no longer waits, `fate`
  /// is what became of it ("approved by carol"), and nothing can be decided about it any more.
  void update(std::vector<approval::View> waiting, util::Time now, const std::string& fate);
  void resize(int width, int height);
  Wish handle(const Key& key);
  /// A line for the person, until the next key.
  void say(std::string text) { m_notice = std::move(text); }
  /// Back to the list, after a decision.
  void decided(std::string text);

  /// The screen, exactly `height` lines of at most `width` columns.
  std::vector<Line> render() const;

  Screen screen() const { return m_screen; }
  /// The request that is selected, and in the other screens the one that is shown.
  std::optional<approval::RequestId> selected() const;
  /// Whether the request shown is among those that wait (`update` wants to know its fate otherwise).
  bool is_waiting(const approval::RequestId& id) const;

 private:
  std::size_t body_height() const;
  std::vector<Line> notice_lines() const;
  std::size_t position() const;
  void move_selection(long by);
  void open_detail();
  void lay_out();
  void scroll_by(long by);
  void scroll_to(std::size_t top);
  bool has_been_seen() const { return m_seen >= m_essential; }
  void start_reason(approval::ReviewVerdict verdict);
  Wish handle_list(const Key& key);
  Wish handle_detail(const Key& key);
  Wish handle_reason(const Key& key);
  std::vector<Line> render_list() const;
  std::vector<Line> render_detail() const;
  std::vector<Line> render_help() const;
  std::vector<Line> framed(Line title, std::vector<Line> body, Line hints) const;
  Line reason_line() const;

  int m_width = 80, m_height = 24;
  util::Time m_now;
  std::vector<approval::View> m_waiting;
  Screen m_screen = Screen::list;
  Screen m_before_help = Screen::list;
  std::optional<approval::RequestId> m_selected;
  std::string m_notice;

  // The request whose details are shown; kept when it stops waiting.
  std::optional<approval::View> m_shown;
  std::string m_fate;           // what became of it elsewhere; empty while it waits
  std::vector<Line> m_detail;   // wrapped to the width
  std::size_t m_top = 0;        // first line on the screen
  std::size_t m_seen = 0;       // lines that have been on the screen, without a gap, from the first
  std::size_t m_essential = 0;  // of those, how many must have been before an approval

  approval::ReviewVerdict m_verdict = approval::ReviewVerdict::deny;
  LineEditor m_editor;
};

}  // namespace jit::terminal
