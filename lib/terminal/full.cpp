#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "terminal/activity.hpp"
#include "terminal/facts.hpp"
#include "terminal/previews.hpp"
#include "terminal/render.hpp"
#include "terminal/sheet.hpp"
#include "terminal/systems.hpp"
#include "util/text.hpp"
#include "util/visible.hpp"

namespace jit::terminal {
namespace {

using approval::Request;
using util::Json;
using util::visible;

// A longer line is easier to judge word by word.
constexpr int kLongLine = 200;
constexpr const char* kNotBound = "CONTENT NOT BOUND";

// "alice (uid 1000, groups dev ops)"
Line with_details(const std::string& name, const std::vector<std::pair<std::string, Json>>& details) {
  Line line = visible_spans(name);
  bool first = true;
  for (const auto& [what, value] : details) {
    if (value.is_null() || (value.is_structured() && value.empty())) continue;
    append(line, {{first ? " (" : ", ", Style::plain}, {what.empty() ? "" : what + " ", Style::plain}});
    if (value.is_array()) {
      std::vector<std::string> items;
      std::transform(value.begin(), value.end(), std::back_inserter(items),
                     [](const Json& item) { return text_of(item); });
      append(line, visible_spans(util::join(items, " ")));
    } else {
      append(line, visible_spans(text_of(value)));
    }
    first = false;
  }
  if (!first) append(line, {{")", Style::plain}});
  return line;
}

const char* past_of(approval::ReviewVerdict verdict) {
  switch (verdict) {
    case approval::ReviewVerdict::approve:
      return " approved";
    case approval::ReviewVerdict::acknowledge:
      return " acknowledged";
    case approval::ReviewVerdict::dispute:
      return " disputed";
    case approval::ReviewVerdict::deny:
      break;
  }
  return " denied";
}

void show_state(Sheet& sheet, const approval::View& view, util::Time now) {
  const Request& request = view.request;
  sheet.plain("Request", request.id.text(), Style::strong);
  std::string state = decision(view);
  if (request.state == approval::State::pending) {
    state += "; " + util::to_clock_text(request.expires_at - now) + " left, until " +
             util::to_rfc3339(request.expires_at);
  } else if (request.state == approval::State::approved && request.valid_until) {
    state += "; to be started within " + util::to_clock_text(*request.valid_until - now) + ", until " +
             util::to_rfc3339(*request.valid_until);
  }
  sheet.plain("State", state);
  for (const auto& review : request.reviews) {
    const bool is_good = review.verdict == approval::ReviewVerdict::approve ||
                         review.verdict == approval::ReviewVerdict::acknowledge;
    // A revocation is the last word on an approved request, and stands in place of the revoker's approval.
    const bool revokes = request.state == approval::State::revoked && &review == &request.reviews.back();
    Line line = visible_spans(review.reviewer);
    append(line,
           {{revokes ? " revoked the approval" : past_of(review.verdict), is_good ? Style::good : Style::bad},
            {" at " + util::to_rfc3339(review.at), Style::plain}});
    // Only where signatures count were they verified when they came.
    const bool verified = request.requirement.signatures;
    if (review.signature)
      append(line, {{verified ? ", signed" : ", with a signature that is not verified", Style::plain}});
    if (!review.message.empty()) {
      append(line, {{": ", Style::plain}});
      append(line, visible_spans(review.message));
    }
    sheet.row("Review", std::move(line));
  }
}

bool needs_numbers(const std::vector<std::string>& argv, const Line& line) {
  return columns(line) > kLongLine || std::any_of(argv.begin(), argv.end(), [](const std::string& word) {
           return util::shell_quote(word) != word;
         });
}

void show_command(Sheet& sheet, const Json& context, Facts& facts) {
  const auto argv = argv_of(context);
  Line line;
  for (std::size_t i = 0; i < argv.size(); ++i) {
    if (i > 0) line.push_back({" ", Style::plain});
    append(line, word_spans(argv[i]));
  }
  const bool numbered = needs_numbers(argv, line);
  for (auto& span : line) {
    if (span.style == Style::plain) span.style = Style::strong;
  }
  sheet.row("Command", std::move(line));
  for (std::size_t i = 0; numbered && i < argv.size(); ++i) {
    std::string number = "[" + std::to_string(i) + "]";
    number.insert(0, static_cast<std::size_t>(std::max(0, kLabelWidth - 1 - columns(number))), ' ');
    sheet.row(number, word_spans(argv[i]));
  }
  // A link, by the name of what it is.
  const std::string name = text_of(facts.take("command", "name"));
  const std::string resolved = text_of(facts.take("command", "resolved"));
  std::vector<std::string> names;
  for (const Json& link : facts.take("command", "links")) names.push_back(text_of(link));
  if (!resolved.empty() && (resolved != name || !names.empty())) names.push_back(resolved);
  if (!names.empty()) sheet.text("  which is", util::join(names, ", "));
  // The words say all of it; these are ways to read them.
  for (const char* derived : {"argv", "line", "subcommand", "options", "redactions", "environment"})
    facts.take("command", derived);
}

void show_why(Sheet& sheet, const Request& request) {
  sheet.text("Reason", request.reason);
  sheet.text("Ticket", request.ticket);
  if (request.earlier) {
    sheet.line({{"Asked anew: request " + request.earlier->id.brief() + " was approved, and then changed:",
                 Style::strong}});
    for (const auto& difference : request.earlier->differences) sheet.text("", difference);
  }
  for (const auto& rule : request.rules) sheet.text(&rule == &request.rules.front() ? "Rule" : "", rule);
  std::string_view message = request.message;
  for (bool first = true; !message.empty(); first = false) {
    const auto end = message.find('\n');
    sheet.text(first ? "Message" : "", std::string(message.substr(0, end)));
    message = end == std::string_view::npos ? "" : message.substr(end + 1);
  }
}

void show_who_and_where(Sheet& sheet, const Request& request, Facts& facts) {
  const Json name = facts.take("user", "name");
  Line who = with_details(request.requester, {{"uid", facts.take("user", "uid")},
                                              {"logged in as", facts.take("user", "login")},
                                              {"sudo by", facts.take("user", "sudo_user")},
                                              {"groups", facts.take("user", "groups")}});
  append(who, {{" at " + util::to_rfc3339(request.created_at), Style::plain}});
  sheet.row("Asked by", std::move(who));
  // The name that the backend authenticated stands above; another one that the requester's machine gave is
  // shown too.
  if (!name.is_null() && text_of(name) != request.requester) sheet.text("", "calls itself " + text_of(name));
  sheet.row("Host",
            with_details(text_of(facts.take("host", "name"), "unknown"), {{"", facts.take("host", "os")}}));
  sheet.text("Directory", text_of(facts.take("command", "cwd"), "unknown"));
  const Json interactive = facts.take("session", "interactive");
  sheet.row("Session", with_details(interactive == Json(true)    ? "interactive"
                                    : interactive == Json(false) ? "not interactive"
                                                                 : "unknown",
                                    {{"terminal", facts.take("session", "tty")},
                                     {"ssh from", facts.take("session", "ssh_client")},
                                     {"CI", facts.take("session", "ci")}}));
}

Line content_line(const Json& sha256, const std::string& why) {
  if (!sha256.is_null()) {
    Line line{{"sha256 ", Style::faint}};
    append(line, visible_spans(text_of(sha256)));
    return line;
  }
  Line line{{kNotBound, Style::bad}};
  if (!why.empty()) append(line, {{": " + visible(why), Style::bad}});
  return line;
}

void show_input(Sheet& sheet, Facts& facts) {
  const Json input = facts.take("command", "stdin");
  if (!input.is_object()) return;
  sheet.row("Input", with_details("standard input, bound", {{"bytes:", member(input, "size")}}));
  sheet.row("", content_line(member(input, "sha256"), ""));
  std::string text = text_of(member(input, "text"));
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    sheet.text("  |", text.substr(0, end));
    text.erase(0, end + 1);
  }
  if (member(input, "whole") != Json(true))
    sheet.row("", {{"AND MORE, which is not shown here", Style::bad}});
}

void show_content(Sheet& sheet, Facts& facts) {
  sheet.text("Program", text_of(facts.take("command", "path"), "unknown"));
  sheet.row("", content_line(facts.take("command", "sha256"), ""));
  const Json files = facts.take("command", "files");
  if (!files.is_array()) return;
  for (const auto& file : files) {
    const Json& runs = member(file, "runs");
    sheet.row("File", with_details(text_of(member(file, "path"), "unknown"),
                                   {{"runs", runs}, {"bytes:", member(file, "size")}}));
    sheet.row("", content_line(member(file, "sha256"), text_of(member(file, "why"))));
  }
}

void show_git(Sheet& sheet, Facts& facts) {
  const Json root = facts.take("git", "root");
  const Json commit = facts.take("git", "commit");
  const Json why = facts.take("git", "why");
  if (!why.is_null()) sheet.row("Git", {{"UNKNOWN: " + visible(text_of(why)), Style::bad}});
  for (const char* bound : {"refs", "config"}) facts.take("git", bound);  // digests: nothing to read
  if (root.is_null() && commit.is_null()) return;
  sheet.text("Git", text_of(root));
  sheet.text("  branch", text_of(facts.take("git", "branch"), "none"));
  sheet.text("  commit", text_of(commit, "unknown"));
  sheet.text("  subject", text_of(facts.take("git", "subject")));
  sheet.text("  author", text_of(facts.take("git", "author")));
  sheet.text("  tag", text_of(facts.take("git", "tag")));
  sheet.text("  remote", text_of(facts.take("git", "remote")));
  const Json dirty = facts.take("git", "dirty");
  const bool clean = dirty == Json(false);
  sheet.plain("  work tree",
              clean ? "clean"
              : dirty.is_null()
                  ? "UNKNOWN whether changed"
                  : "CHANGED, not committed: " + text_of(facts.take("git", "changes"), "unknown"),
              clean ? Style::plain : Style::bad);
}

// A map of names to values, one a line: NAME=value.
void show_map(Sheet& sheet, const std::string& heading, const Json& values, Style style) {
  if (!values.is_object()) return;
  bool first = true;
  for (const auto& [key, value] : values.items()) {
    Line line = visible_spans(key, style);
    append(line, {{"=", style}});
    append(line,
           value.is_string() ? word_spans(text_of(value)) : visible_spans(text_of(value, "null"), style));
    sheet.row(first ? heading : "", std::move(line));
    first = false;
  }
}

void show_alerts(Sheet& sheet, Facts& facts) {
  const Json active = facts.take("warnings", "active");
  std::vector<std::string> counts;
  for (const char* severity : {"critical", "warning", "unknown"}) {
    const Json count = facts.take("warnings", severity);
    if (!count.is_null()) counts.push_back(text_of(count) + " " + severity);
  }
  if (!counts.empty()) sheet.text("Warnings", util::join(counts, ", "));
  if (!active.is_array()) return;
  for (const auto& alert : active) {
    Line line = visible_spans(text_of(member(alert, "severity"), "unknown severity"), Style::bad);
    append(line, {{" ", Style::plain}});
    append(line, with_details(text_of(member(alert, "summary"), "no summary"),
                              {{"from", member(alert, "source")}, {"since", member(alert, "since")}}));
    sheet.row("Active alert", std::move(line));
  }
  const Json omitted = facts.take("warnings", "omitted");
  if (!omitted.is_null())
    sheet.row("", {{"AND " + visible(text_of(omitted)) + " MORE, which are not shown here", Style::bad}});
}

void show_requirement(Sheet& sheet, const approval::View& view) {
  const auto& requirement = view.request.requirement;
  std::vector<std::string> alternatives;
  for (const auto& seats : requirement.alternatives()) {
    std::vector<std::string> parts;
    for (const auto& [group, count] : seats) parts.push_back(std::to_string(count) + " of " + visible(group));
    alternatives.push_back(util::join(parts, " and "));
  }
  sheet.plain("Needs", util::join(alternatives, " or ") +
                           (requirement.signatures ? ", only signed approvals count" : "") +
                           (requirement.self ? ", the requester's own review counts" : ""));
  if (!view.eligible.empty()) sheet.text("  may review", util::join(view.eligible, ", "));
  if (requirement.record != policy::Record::none) {
    sheet.plain("Recorded", requirement.record == policy::Record::session
                                ? "what it shows on the terminal, and how it ends"
                                : "how it ends");
  }
  if (view.request.uses_left == 0) return;
  sheet.plain("Good for",
              (view.request.uses_left == 1 ? "1 run" : std::to_string(view.request.uses_left) + " runs") +
                  ", started within " + util::to_text(requirement.valid_for) + " of the approval");
}

void show_outcome(Sheet& sheet, const Request& request) {
  const Json& outcome = *request.outcome;
  const std::string ending = ending_text(outcome);
  const Json& started = member(outcome, "started_at");
  sheet.plain("Outcome",
              ending.empty()
                  ? visible(util::compact_json(outcome))
                  : ending + (started.is_string() ? ", started at " + visible(text_of(started)) : ""));
  if (const Json& error = member(outcome, "error"); !error.is_null()) sheet.text("  but", text_of(error));
  const Json& recording = member(outcome, "recording");
  if (recording.is_null()) return;
  const bool whole = member(recording, "complete") == Json(true);
  sheet.text("  recorded", (whole ? "jit-audit replay " : "IN PART: jit-audit replay ") + request.id.brief());
  sheet.text("", "sha256 " + text_of(member(recording, "sha256"), "not known"));
}

void show_rest(Sheet& sheet, const Request& request, Facts& facts) {
  facts.take("time");  // "Asked by" says when
  for (const auto& [path, value] : facts.rest()) sheet.text("Also", path + " = " + text_of(value));
  if (request.outcome) show_outcome(sheet, request);
  sheet.text("Digest", request.digest.text());
}

}  // namespace

FullView full_view(const approval::View& view, util::Time now) {
  static const Json kNothing;
  const Json& context = view.request.context ? *view.request.context : kNothing;
  Facts facts(context);
  Sheet sheet;
  for (const auto& warning : warnings(view)) sheet.line({{"! " + warning, Style::bad}});
  const std::size_t warned = sheet.size();
  show_state(sheet, view, now);
  sheet.blank();
  show_command(sheet, context, facts);
  show_systems(sheet, facts);
  show_why(sheet, view.request);
  sheet.blank();
  show_who_and_where(sheet, view.request, facts);
  sheet.blank();
  show_input(sheet, facts);
  show_content(sheet, facts);
  show_previews(sheet, facts);
  show_git(sheet, facts);
  show_map(sheet, "UNSAFE env", facts.take("unsafe_env"), Style::bad);
  show_map(sheet, "Environment", facts.take("env"), Style::plain);
  show_map(sheet, "Labels", facts.take("labels"), Style::plain);
  show_alerts(sheet, facts);
  show_activity(sheet, facts);
  const std::size_t essential = sheet.size();
  sheet.blank();
  show_requirement(sheet, view);
  show_rest(sheet, view.request, facts);
  return {sheet.take(), warned, essential};
}

FullView laid_out(const FullView& full, int width) {
  // Narrow screens need the room more than the column.
  const int indent = std::min(kLabelWidth, width / 3);
  FullView result;
  for (std::size_t i = 0; i < full.lines.size(); ++i) {
    auto lines = i < full.warnings ? wrap_words(full.lines[i], width, 2) : wrap(full.lines[i], width, indent);
    std::move(lines.begin(), lines.end(), std::back_inserter(result.lines));
    if (i + 1 == full.warnings) result.warnings = result.lines.size();
    if (i + 1 == full.essential) result.essential = result.lines.size();
  }
  return result;
}

std::string full(const approval::View& view, util::Time now, Color color, int width) {
  FullView whole = full_view(view, now);
  if (width > 0) whole = laid_out(whole, width);
  std::string text;
  for (const auto& line : whole.lines) text += paint(line, color) + "\n";
  return text;
}

}  // namespace jit::terminal
