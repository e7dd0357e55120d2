#include "terminal/previews.hpp"

#include <nlohmann/json.hpp>

#include "util/text.hpp"

namespace jit::terminal {
namespace {

using util::Json;
using util::visible;

constexpr const char* kBoundLine = "           |";
constexpr const char* kUnboundLine = " not bound |";

void show_word_line(Sheet& sheet, const Json& argv) {
  if (!argv.is_array()) return sheet.text("  made by", text_of(argv, "unknown"));
  Line line;
  for (const auto& word : argv) {
    if (!line.empty()) line.push_back({" ", Style::plain});
    append(line, word_spans(text_of(word)));
  }
  sheet.row("  made by", std::move(line));
}

void show_program(Sheet& sheet, const Json& preview) {
  sheet.text("  program", text_of(member(preview, "path"), "unknown"));
  const Json& sha256 = member(preview, "sha256");
  if (sha256.is_null()) {
    sheet.row("", {{"CONTENT NOT BOUND", Style::bad}});
  } else {
    Line line{{"sha256 ", Style::faint}};
    append(line, visible_spans(text_of(sha256)));
    sheet.row("", std::move(line));
  }
}

// A line of output, in a column of its own, so that it cannot pass for a field.
void show_line(Sheet& sheet, const char* heading, const Json& line, Style style) {
  sheet.row(heading, visible_spans(text_of(line), style));
}

// Those that stand after `count` lines that are bound; of what is not of that form, all at the end.
std::size_t show_ignored(Sheet& sheet, const Json& ignored, std::size_t at, std::size_t count, bool all) {
  for (; at < ignored.size(); ++at) {
    const Json& after = member(ignored[at], "after");
    if (!all && !(after.is_number_unsigned() && after.get<std::size_t>() <= count)) break;
    const Json& line = member(ignored[at], "line");
    show_line(sheet, kUnboundLine, line.is_null() ? ignored[at] : line, Style::faint);
  }
  return at;
}

void show_output(Sheet& sheet, const Json& preview) {
  const Json& lines = member(preview, "lines");
  const Json& ignored = member(preview, "ignored");
  const std::size_t bound = lines.is_array() ? lines.size() : 0;
  const std::size_t unbound = ignored.is_array() ? ignored.size() : 0;
  std::string counts = util::counted(bound, "line");
  if (unbound > 0) counts += " bound, and " + util::counted(unbound, "line") + " that the rule does not bind";
  sheet.plain("  output", bound + unbound == 0 ? "nothing" : counts);
  std::size_t at = 0;
  for (std::size_t i = 0; i < bound; ++i) {
    if (unbound > 0) at = show_ignored(sheet, ignored, at, i, false);
    show_line(sheet, kBoundLine, lines[i], Style::plain);
  }
  if (unbound > 0) show_ignored(sheet, ignored, at, bound, true);
  if (!lines.is_array() && !lines.is_null()) show_line(sheet, kBoundLine, lines, Style::bad);
  if (!ignored.is_array() && !ignored.is_null()) show_line(sheet, kUnboundLine, ignored, Style::bad);
}

bool is_shown(const std::string& key) {
  for (const char* known : {"rule", "argv", "path", "sha256", "exit", "lines", "ignored", "why"}) {
    if (key == known) return true;
  }
  return false;
}

void show_preview(Sheet& sheet, const Json& preview) {
  if (!preview.is_object()) return sheet.text("Preview", util::compact_json(preview));
  Line heading = visible_spans("for rule " + text_of(member(preview, "rule"), "unknown"));
  append(heading, {{", run by the requester on their machine", Style::plain}});
  sheet.row("Preview", std::move(heading));
  show_word_line(sheet, member(preview, "argv"));
  show_program(sheet, preview);
  if (const Json& why = member(preview, "why"); !why.is_null())
    sheet.row("  FAILED", visible_spans(text_of(why), Style::bad));
  sheet.text("  exit", text_of(member(preview, "exit"), "unknown"));
  show_output(sheet, preview);
  for (const auto& [key, value] : preview.items()) {
    if (!is_shown(key)) sheet.text("  also", key + " = " + text_of(value));
  }
}

std::string all_lines(const Json& preview) {
  std::string text;
  for (const auto& line : member(preview, "lines")) text += text_of(line) + " ";
  for (const auto& line : member(preview, "ignored")) text += text_of(member(line, "line")) + " ";
  for (char& c : text) c = c == '\t' ? ' ' : c;
  return text;
}

}  // namespace

void show_previews(Sheet& sheet, Facts& facts) {
  const Json previews = facts.take("preview");
  if (!previews.is_array()) return sheet.text("Preview", text_of(previews));
  for (const auto& preview : previews) show_preview(sheet, preview);
}

std::vector<std::string> preview_warnings(const Json& preview) {
  std::vector<std::string> found;
  const std::string name = "the preview for rule " + visible(text_of(member(preview, "rule"), "unknown"));
  if (const Json& why = member(preview, "why"); !why.is_null())
    found.push_back(name + " could not be made: " + visible(text_of(why)));
  if (member(preview, "sha256").is_null())
    found.push_back("the content of the program that made " + name + " is not bound");
  if (const std::string odd = oddities(all_lines(preview)); !odd.empty()) found.push_back(name + " " + odd);
  return found;
}

}  // namespace jit::terminal
