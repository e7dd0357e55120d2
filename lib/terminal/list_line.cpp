#include <algorithm>
#include <nlohmann/json.hpp>

#include "approval/quorum.hpp"
#include "terminal/facts.hpp"
#include "terminal/render.hpp"
#include "util/text.hpp"

namespace jit::terminal {
namespace {

constexpr int kRequesterWidth = 10;
constexpr int kStateWidth = 9;

std::string padded(std::string text, int width) {
  const int missing = width - columns(text);
  if (missing > 0) text.append(static_cast<std::size_t>(missing), ' ');
  return text;
}

bool is_disputed(const approval::Request& request) {
  return std::any_of(request.reviews.begin(), request.reviews.end(),
                     [](const auto& review) { return review.verdict == approval::ReviewVerdict::dispute; });
}

Span state_of(const approval::View& view, util::Time now) {
  const auto& request = view.request;
  if (approval::awaits_review(request)) {
    const bool overdue = *request.review_by <= now;
    return {padded(overdue ? "OVERDUE" : "to review", kStateWidth), Style::bad};
  }
  if (is_disputed(request)) return {padded("disputed", kStateWidth), Style::bad};
  switch (request.state) {
    case approval::State::pending: {
      const auto left = request.expires_at - now;
      return {padded(util::to_clock_text(left), kStateWidth),
              left < std::chrono::minutes{1} ? Style::bad : Style::plain};
    }
    case approval::State::approved:
    case approval::State::started:
    case approval::State::finished:
      return {padded(to_text(request.state), kStateWidth), Style::good};
    case approval::State::denied:
    case approval::State::expired:
    case approval::State::withdrawn:
    case approval::State::revoked:
    case approval::State::lapsed:
    case approval::State::changed:
      break;
  }
  return {padded(to_text(request.state), kStateWidth), Style::faint};
}

std::size_t characters(const Line& line) {
  std::size_t count = 0;
  for (const auto& span : line) {
    count += static_cast<std::size_t>(std::count_if(span.text.begin(), span.text.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    }));
  }
  return count;
}

Line command_of(const approval::View& view) {
  Line line;
  if (!view.request.context) return line;
  const auto argv = argv_of(*view.request.context);
  for (std::size_t i = 0; i < argv.size(); ++i) {
    if (i > 0) line.push_back({" ", Style::plain});
    append(line, word_spans(argv[i]));
  }
  return line;
}

// Where one's own review counts, it does for every command: the mark would mean nothing.
bool needs_a_closer_look(approval::View view) {
  view.request.requirement.self = false;
  return !warnings(view).empty();
}

// Cut, and how many characters that leaves out.
Line cut_command(const Line& command, int width) {
  if (columns(command) <= width) return command;
  constexpr int kRoomForCount = 24;
  if (width < 2 * kRoomForCount) return cut(command, width);
  Line shown = cut(command, width - kRoomForCount);
  const std::size_t missing = characters(command) - (characters(shown) - 1);
  shown.push_back({" (+" + std::to_string(missing) + " characters)", Style::faint});
  return shown;
}

}  // namespace

Line command_line(const approval::View& view, int width) {
  return cut_command(command_of(view), width);
}

Line list_heading() {
  return {{"REQUEST   FROM        LEFT       COMMAND", Style::faint}};
}

std::string list_heading(Color color) {
  return paint(list_heading(), color);
}

Line list_line(const approval::View& view, util::Time now, int width) {
  Line line{{view.request.id.brief(), Style::strong}, {"  ", Style::plain}};
  append(line, {{padded(cut(util::visible(view.request.requester), kRequesterWidth), kRequesterWidth),
                 Style::plain}});
  append(line, {{"  ", Style::plain}, state_of(view, now), {"  ", Style::plain}});
  if (needs_a_closer_look(view)) append(line, {{"! ", Style::bad}});
  const int room = width - columns(line);
  append(line, room < 1 ? command_of(view) : cut_command(command_of(view), room));
  return cut(line, width);
}

std::string list_line(const approval::View& view, util::Time now, int width, Color color) {
  return paint(list_line(view, now, width), color);
}

}  // namespace jit::terminal
