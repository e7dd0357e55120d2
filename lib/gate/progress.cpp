#include "gate/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <optional>

#include "gate/gate.hpp"
#include "terminal/render.hpp"
#include "terminal/style.hpp"
#include "util/text.hpp"

namespace jit::gate {
namespace {

constexpr std::chrono::seconds kReminder{30};

// "approved by bob; " when somebody has, else nothing.
std::string so_far(const approval::View& view) {
  std::vector<std::string> names;
  for (const auto& review : view.request.reviews) {
    if (review.verdict == approval::ReviewVerdict::approve) names.push_back(util::visible(review.reviewer));
  }
  return names.empty() ? "" : "approved by " + util::join(names, ", ") + "; ";
}

// Who is recorded knows it before they are.
std::string recorded(const approval::View& view) {
  const auto record = view.request.requirement.record;
  if (record == policy::Record::none) return "";
  return record == policy::Record::session ? "   its session will be recorded"
                                           : "   its outcome will be recorded";
}

// By the backend's clock, which may be a moment behind: never more than there was at first.
std::string left(const approval::View& view, util::Time now) {
  const auto& request = view.request;
  return util::to_clock_text(request.expires_at - std::max(now, request.created_at));
}

std::string too_few(const approval::View& view) {
  if (std::find(view.eligible.begin(), view.eligible.end(), policy::kAnyone) != view.eligible.end())
    return "";
  std::optional<std::size_t> least;
  for (const auto& seats : view.missing) {
    std::size_t needed = 0;
    for (const auto& [group, count] : seats) needed += static_cast<std::size_t>(count);
    least = std::min(least.value_or(needed), needed);
  }
  if (!least || view.eligible.size() >= *least) return "";
  return util::counted(*least, "approval") + " more needed, and " +
         (view.eligible.empty() ? "nobody" : "only " + util::join(view.eligible, ", ")) + " can give one";
}

}  // namespace

std::string in_vain(const std::string& out_of_reach, const approval::View& view) {
  if (view.request.state != approval::State::pending) return "";
  const std::string why = out_of_reach.empty() ? too_few(view) : out_of_reach;
  return why.empty() ? "" : "as things are it cannot be approved: " + why;
}

Progress::Progress(bool quiet) : m_quiet(quiet), m_terminal(::isatty(STDERR_FILENO) == 1) {}

void Progress::begin(const approval::View& view, util::Time now, const std::string& vain) {
  m_last_change = so_far(view);
  m_last_said = std::chrono::steady_clock::now();
  if (m_quiet) return;
  const std::string whom = "waiting for " + terminal::whom(view);
  const std::string what =
      "request " + view.request.id.brief() + "   expires in " + left(view, now) + recorded(view);
  if (fits(whom + "    " + what)) {
    say(whom + "    " + what);
  } else {
    say(whom);
    say(what);
  }
  if (!view.request.message.empty()) say("the rules say: " + view.request.message);
  // Said at once: else they would wait for nothing until it expires.
  if (!vain.empty()) {
    say(vain);
    hint("jit-policy who -- COMMAND shows who could; ^C withdraws the request");
  }
  if (m_terminal) m_line.emplace(STDERR_FILENO, terminal::choose_color("auto", STDERR_FILENO));
}

// A terminal would break a longer one anywhere.
bool Progress::fits(const std::string& text) const {
  return !m_terminal || terminal::columns("jit-run: " + text) <= terminal::terminal_width(STDERR_FILENO, 0);
}

void Progress::update(const approval::View& view, util::Time now) {
  if (m_quiet) return;
  const std::string waiting = so_far(view) + "still waiting for " + terminal::whom(view);
  if (m_line) {
    // Its end is cut on a narrow terminal.
    m_line->update("jit-run: " + left(view, now) + " left   " + waiting);
    return;
  }
  const auto moment = std::chrono::steady_clock::now();
  const std::string change = so_far(view);
  if (change == m_last_change && moment - m_last_said < kReminder) return;
  m_last_change = change;
  m_last_said = moment;
  say(waiting + "   " + left(view, now) + " left");
}

void Progress::finish(const std::string& text) {
  clear();
  if (!m_quiet) say(text);
}

void Progress::interject(const std::string& text) {
  if (m_quiet) return;
  if (m_line) m_line->clear();
  say(text);
}

void Progress::clear() {
  if (m_line) m_line->clear();
  m_line.reset();
}

}  // namespace jit::gate
