#pragma once
#include <string>
#include <vector>

#include "approval/request.hpp"
#include "terminal/style.hpp"
#include "util/time.hpp"

namespace jit::terminal {

/// Everything here gives text that is safe to print: whatever came from a requester has been made visible,
/// one line a field.

/// `--color` and NO_COLOR (https://no-color.org) for this output.
Color choose_color(const std::string& setting, int fd);

/// "7k3mq2vd  alice  12:31  kubectl delete ns …": one line of at most `width` columns. What is cut ends in
/// "…" and, where there is room, says how many characters are missing; "!" stands before a command with
/// warnings.
Line list_line(const approval::View& view, util::Time now, int width);
/// What stands above such lines.
Line list_heading();
std::string list_heading(Color color);
std::string list_line(const approval::View& view, util::Time now, int width, Color color);
/// The command alone, cut in the same way.
Line command_line(const approval::View& view, int width);

/// All of it, complete and unabridged, one line a field, warnings first: a heading in a column of
/// kLabelWidth, then the value. Linear in the size of the request.
struct FullView {
  std::vector<Line> lines;
  std::size_t warnings = 0;   // so many of them, the first, are warnings and no fields
  std::size_t essential = 0;  // so many lines, from the first, nobody should approve without having seen
};
FullView full_view(const approval::View& view, util::Time now);
/// The same with its lines broken, so that they go on below their value.
FullView laid_out(const FullView& full, int width);
inline constexpr int kLabelWidth = 13;
/// The same as text. With a `width`, longer lines are broken and go on below their value, so that no value
/// can pass for a field of its own at the edge of the screen; 0 leaves them whole.
std::string full(const approval::View& view, util::Time now, Color color, int width = 0);

/// "2 of sre (alice, bob, carol)", "1 of sre and 1 of dba", "1 of anyone"; alternatives joined by "or".
std::string whom(const approval::View& view);
/// "exit code 0 after 1.5 s"; empty where an outcome says neither code nor signal.
std::string ending_text(const util::Json& outcome);
/// "approved by bob, carol", "denied by bob: not tonight", "expired" …
std::string decision(const approval::View& view);
/// Things an approver must notice: look-alikes, escapes, redactions, content not bound, bytes that are not
/// UTF-8, LD_PRELOAD, active alerts, the requester's own review counting, raised uses. Each says where.
std::vector<std::string> warnings(const approval::View& view);

/// How many columns a text takes (wide and combining characters counted; UTF-8).
int columns(const std::string& text);
/// Cut to `width` columns, ending in "…" when anything was left out.
std::string cut(const std::string& text, int width);

}  // namespace jit::terminal
