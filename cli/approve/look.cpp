// list and show.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "approval/document.hpp"
#include "approval/quorum.hpp"
#include "cli/approve/commands.hpp"
#include "cli/common/common.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/text.hpp"

namespace jit::cli::approve {
namespace {

bool is_terminal() {
  return ::isatty(STDOUT_FILENO) == 1;
}

// As one array, and a piece of it at a time: ten thousand documents at once need several times the memory.
int print_documents(const std::vector<approval::View>& views) {
  constexpr std::size_t kPiece = 64U << 10U;
  constexpr std::size_t kBracket = 2;  // with its newline
  std::string text = "[";
  for (const auto& view : views) {
    const std::string alone = util::pretty_json(util::Json::array({approval::to_json(view)}));
    text += &view == &views.front() ? "\n" : ",\n";
    text.append(alone, kBracket, alone.size() - 2 * kBracket);
    if (text.size() >= kPiece) print(std::exchange(text, ""));
  }
  print(text + (views.empty() ? "]\n" : "\n]\n"));
  return kDone;
}

// On stderr: a program that reads the list sees that it is empty.
void say_that_nothing_waits(const Desk& desk) {
  const auto others = desk.backend.list({.states = {approval::State::pending}});
  std::string text = "nothing waits for you";
  if (!others.empty()) text += ", but for others: jit-approve list --all";
  say("jit-approve", text);
}

}  // namespace

void print(const std::string& text) {
  if (util::write_all(STDOUT_FILENO, text)) return;
  if (errno == EPIPE) std::exit(kDone);  // NOLINT(concurrency-mt-unsafe)
  throw util::SystemError(errno, "writing to stdout");
}

std::vector<approval::View> waiting_for_me(backend::Backend& backend) {
  auto views = backend.list({.states = {approval::State::pending}});
  auto afterwards = backend.list({.to_review = true});
  std::erase_if(afterwards,
                [](const approval::View& view) { return !approval::awaits_review(view.request); });
  // What should have been looked at by now comes first, and what can wait longest last.
  const util::Time now = backend.now();
  const auto not_overdue = std::stable_partition(
      afterwards.begin(), afterwards.end(), [&](const auto& view) { return *view.request.review_by <= now; });
  views.insert(views.begin(), afterwards.begin(), not_overdue);
  views.insert(views.end(), not_overdue, afterwards.end());
  std::erase_if(views, [&](const approval::View& view) { return !backend.can_review(view); });
  return views;
}

std::optional<approval::View> find(const Desk& desk, const std::string& word) {
  const auto found = desk.backend.find(word);
  if (const auto* many = std::get_if<service::Ambiguous>(&found)) {
    say("jit-approve", "\"" + word + "\" could be any of " + util::join(many->candidates, ", "));
    return std::nullopt;
  }
  const auto* id = std::get_if<approval::RequestId>(&found);
  auto view = id != nullptr ? desk.backend.get(*id) : std::nullopt;
  if (!view) {
    const bool is_short = word.size() < approval::kShortestPrefix;
    say("jit-approve", "no such request: " + word +
                           (is_short ? " (give at least " + std::to_string(approval::kShortestPrefix) +
                                           " characters of its id)"
                                     : ""));
  }
  return view;
}

int grants(const Desk& desk) {
  const auto views = desk.backend.list({.states = {approval::State::approved}});
  if (desk.options.json) return print_documents(views);
  const auto now = desk.backend.now();
  for (const auto& view : views) {
    const auto& request = view.request;
    const std::string what =
        request.requirement.any_of_rule
            ? "any command of " + util::visible(util::join(request.rules, ", "))
            : terminal::paint(terminal::command_line(view, kWidthOfALine), terminal::Color::off);
    print(request.id.brief() + "  " + util::visible(request.requester) + "  " +
          util::counted(static_cast<std::size_t>(request.uses_left), "use") + " left, " +
          util::to_clock_text(request.valid_until.value_or(now) - now) + "  " + what + "\n");
  }
  if (views.empty()) say("jit-approve", "no approval can still be used");
  return kDone;
}

int list(const Desk& desk) {
  const auto views = desk.options.all ? desk.backend.list({}) : waiting_for_me(desk.backend);
  if (desk.options.json) return print_documents(views);
  if (views.empty()) say_that_nothing_waits(desk);
  const int width = is_terminal() ? terminal::terminal_width(STDOUT_FILENO, kWidthOfALine) : kWidthOfALine;
  const auto color = terminal::choose_color(desk.color, STDOUT_FILENO);
  const auto now = desk.backend.now();
  std::string lines = is_terminal() && !views.empty() ? terminal::list_heading(color) + "\n" : "";
  for (const auto& view : views) lines += terminal::list_line(view, now, width, color) + "\n";
  print(lines);
  return kDone;
}

int show(const Desk& desk) {
  const auto view = find(desk, desk.options.ids.front());
  if (!view) return kRefused;
  if (desk.options.json) {
    print(util::pretty_json(approval::to_json(*view)) + "\n");
    return kDone;
  }
  // To a terminal in lines that it need not break; elsewhere one line a field.
  const int width = is_terminal() ? terminal::terminal_width(STDOUT_FILENO, 0) : 0;
  print(terminal::full(*view, desk.backend.now(), terminal::choose_color(desk.color, STDOUT_FILENO), width));
  return kDone;
}

}  // namespace jit::cli::approve
