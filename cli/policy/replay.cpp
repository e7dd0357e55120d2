// jit-policy replay: what a changed set would have made of the requests that there were.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "approval/document.hpp"
#include "approval/quorum.hpp"
#include "audit/since.hpp"
#include "backend/backend.hpp"
#include "cli/common/common.hpp"
#include "cli/policy/options.hpp"
#include "context/document.hpp"
#include "policy/evaluate.hpp"
#include "service/review_signatures.hpp"
#include "store/place.hpp"
#include "util/error.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

namespace jit::cli::policies {
namespace {

using approval::State;
using approval::View;
using policy::Effect;
using policy::Requirement;
using util::Json;
using util::visible;

// One request, and what the changed set makes of it.
struct Replayed {
  View view;
  policy::Verdict now;
  bool was_approved = false;
  // Its approvals would be enough, or none be needed; nullopt where they are not known any more.
  std::optional<bool> would_be = false;

  bool differs() const {
    return now.effect != Effect::ask || now.requirement != view.request.requirement ||
           was_approved != would_be.value_or(was_approved);
  }
};

bool was_approved(const View& view) {
  if (view.request.review_by) return false;  // it went by break-glass
  switch (view.request.state) {
    case State::approved:
    case State::lapsed:
    case State::changed:
    case State::started:
    case State::finished:
    case State::revoked:
      return true;
    case State::pending:
    case State::denied:
    case State::expired:
    case State::withdrawn:
      return false;
  }
  return false;
}

bool suffices(const policy::Verdict& verdict, approval::Request& request, const policy::Roster& roster,
              service::ReviewSignatures& signatures) {
  if (verdict.effect != Effect::ask) return verdict.effect == Effect::allow;
  // As of when the last of them came: who may sign is the changed set's to say, keys of that day count.
  util::Time last;
  for (const auto& review : request.reviews) last = std::max(last, review.at);
  if (verdict.requirement.signatures) signatures.mark(request, verdict.requirement, last);
  return approval::is_met(verdict.requirement, approval::approvers(request, verdict.requirement), roster);
}

Replayed replayed(View view, const policy::Set& set, Effect fallback, service::ReviewSignatures& signatures) {
  context::Document document(*view.request.context);
  Replayed result{std::move(view), policy::evaluate(set, document, fallback)};
  const auto roster = set.groups().resolve(approval::groups_of(result.now.requirement));
  result.was_approved = was_approved(result.view);
  result.would_be = suffices(result.now, result.view.request, roster, signatures);
  if (result.now.effect != Effect::ask) return result;
  // What nobody approved is not decided otherwise because nobody approved it.
  if (!result.was_approved) result.would_be = false;
  // Who revokes takes back their own approval, and whether there was one is in no request.
  if (result.view.request.state == State::revoked) result.would_be = std::nullopt;
  return result;
}

std::string seats_text(const Requirement& requirement) {
  std::vector<std::string> alternatives;
  for (const auto& seats : requirement.alternatives()) {
    std::vector<std::string> parts;
    for (const auto& [group, count] : seats) parts.push_back(std::to_string(count) + " of " + group);
    alternatives.push_back(util::join(parts, " and "));
  }
  return util::join(alternatives, " or ");
}

std::string previews_text(const Requirement& requirement) {
  if (requirement.previews.empty()) return "no preview";
  std::vector<std::string> texts;
  for (const auto& preview : requirement.previews)
    texts.push_back(preview.why.empty() ? util::shell_line(preview.argv)
                                        : "that could not be made: " + preview.why);
  return "a preview " + util::join(texts, ", ");
}

// The seats, and of the rest what is not the same on the other side.
std::string requirement_text(const Requirement& mine, const Requirement& other) {
  std::vector<std::string> parts{seats_text(mine)};
  if (mine.self != other.self) parts.emplace_back(mine.self ? "the requester's counts" : "not the requester");
  if (mine.deny_threshold != other.deny_threshold)
    parts.push_back(std::to_string(mine.deny_threshold) + " to deny");
  if (mine.signatures != other.signatures)
    parts.emplace_back(mine.signatures ? "signed approvals" : "no signatures");
  if (mine.bind_input != other.bind_input)
    parts.emplace_back(mine.bind_input ? "standard input bound" : "standard input not bound");
  if (mine.previews != other.previews) parts.push_back(previews_text(mine));
  if (mine.any_of_rule != other.any_of_rule)
    parts.emplace_back(mine.any_of_rule ? "for any action of the rule" : "for one action");
  if (mine.record != other.record) parts.push_back("record: " + policy::to_text(mine.record));
  if (mine.break_glass != other.break_glass)
    parts.emplace_back(mine.break_glass ? "break-glass" : "no break-glass");
  if (mine.expires != other.expires) parts.push_back("expires " + util::to_text(mine.expires));
  if (mine.valid_for != other.valid_for) parts.push_back("valid for " + util::to_text(mine.valid_for));
  if (mine.uses != other.uses) parts.push_back("uses " + std::to_string(mine.uses));
  if (mine.reason != other.reason) parts.emplace_back(mine.reason ? "a reason" : "no reason");
  if (mine.tickets != other.tickets)
    parts.push_back(mine.tickets.empty() ? "no ticket" : "a ticket like " + util::join(mine.tickets, ", "));
  return util::join(parts, "; ");
}

std::string side(const char* when, Effect effect, const Requirement& mine, const Requirement& other,
                 const std::vector<std::string>& rules) {
  std::string text = std::string("  ") + when + "  " + policy::to_text(effect);
  if (effect == Effect::ask) text += "  " + requirement_text(mine, other);
  if (!rules.empty()) text += "  (" + util::join(rules, ", ") + ")";
  return visible(text) + "\n";
}

std::string line_of(const approval::Request& request) {
  const auto command = request.context->find("command");
  if (command == request.context->end() || !command->is_object()) return "";
  const auto line = command->find("line");
  return line != command->end() && line->is_string() ? visible(line->get<std::string>()) : "";
}

std::string to_text(const Replayed& replayed) {
  const auto& request = replayed.view.request;
  std::string text = util::to_rfc3339(request.created_at) + "  " + request.id.brief() + "  " +
                     visible(request.requester) + "  " + line_of(request) + "\n";
  text += side("was", Effect::ask, request.requirement, replayed.now.requirement, request.rules);
  text += side("now", replayed.now.effect, replayed.now.requirement, request.requirement, replayed.now.rules);
  if (replayed.now.effect == Effect::ask && replayed.was_approved && !replayed.would_be.value_or(false))
    text += replayed.would_be
                ? "       the approvals that it had would not be enough\n"
                : "       it was revoked: whether the approvals that it had would be enough is not "
                  "known any more\n";
  return text;
}

Json to_json(const Replayed& replayed) {
  const auto& request = replayed.view.request;
  return {{"id", request.id.text()},
          {"created_at", util::to_rfc3339(request.created_at)},
          {"requester", request.requester},
          {"line", line_of(request)},
          {"was",
           {{"effect", "ask"},
            {"rules", request.rules},
            {"requirement", policy::to_json(request.requirement)},
            {"approved", replayed.was_approved}}},
          {"now",
           {{"effect", policy::to_text(replayed.now.effect)},
            {"rules", replayed.now.rules},
            {"requirement",
             replayed.now.effect == Effect::ask ? policy::to_json(replayed.now.requirement) : Json()},
            {"approved", replayed.would_be ? Json(*replayed.would_be) : Json()}}}};
}

std::vector<View> requests_since(const Options& options, const config::Settings& settings) {
  // It only looks: the rules that are in force have no part in it.
  const auto none = policy::Set::none();
  const std::string url = settings.find("backend").value_or("local");
  const auto directory = backend::local_directory(url, settings.state_directory);
  if (directory) store::require_store(*directory);
  const auto backend = backend::open(
      {.url = url,
       .state_directory = settings.state_directory,
       .policies = &none,
       .fallback = Effect::deny,
       .helper_path = settings.find("helper_path").value_or(""),
       .settings = helper_settings(settings),
       .attention = {.interrupt = -1, .trouble = [](const std::string& text) { say("jit-policy", text); }}});
  const auto since = audit::parse_since(options.since, backend->now());
  if (!since) {
    throw util::UsageError("--since: \"" + options.since + "\" is no time",
                           "write 2026-11-22T10:14:00Z, 2026-11-22, or 2h for the last two hours");
  }
  auto views = backend->list({});
  std::erase_if(views, [&](const View& view) { return view.request.created_at < *since; });
  return views;
}

}  // namespace

int replay(const Options& options) {
  if (options.since.empty())
    throw util::UsageError("since when is not said", "jit-policy replay --since 30d PATH");
  const auto settings = config::load(options.sources);
  const auto set = policy::Set::load_all(options.operands);
  auto views = requests_since(options, settings);
  const std::size_t count = views.size();
  service::ReviewSignatures signatures(set.signer_files());
  std::string text;
  Json documents = Json::array();
  for (View& view : views) {
    const Replayed replay = replayed(std::move(view), set, fallback_of(settings), signatures);
    if (!replay.differs()) continue;
    text += to_text(replay);
    documents.push_back(to_json(replay));
  }
  const std::string total = util::counted(count, "request") + " since " + visible(options.since) + ", " +
                            std::to_string(documents.size()) + " would be decided otherwise\n";
  print(options.json ? util::pretty_json(documents) + "\n" : text + total);
  return documents.empty() ? 0 : kFailed;
}

}  // namespace jit::cli::policies
