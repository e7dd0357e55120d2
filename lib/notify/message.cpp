#include "notify/message.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "approval/by_button.hpp"
#include "context/redact.hpp"
#include "context/source.hpp"
#include "terminal/activity.hpp"
#include "terminal/render.hpp"
#include "terminal/systems.hpp"
#include "util/error.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

namespace jit::notify {
namespace {

using approval::State;
using approval::View;
using util::Json;
using util::visible;

// Every channel takes this much, also when it has to escape each character; `show` has all of it.
constexpr std::size_t kLongCommand = 800;
constexpr std::size_t kLongText = 400;
constexpr std::size_t kMostWarnings = 6;
constexpr std::size_t kLongWarning = 120;

std::string text_at(const Json& context, const char* path) {
  const Json* value = context::find_in(context, path);
  if (value == nullptr) return "";
  return visible(value->is_string() ? value->get<std::string>() : util::compact_json(*value));
}

// What looks like a secret does not leave the machine, whatever it was written into.
std::string without_secrets(const std::string& text) {
  return context::redact_variable("", text).text;
}

std::string short_text(const std::string& text) {
  return shortened(visible(without_secrets(text)), kLongText);
}

// "name=value, …" of an object in the context: its labels, its environment.
std::string pairs_of(const Json& context, const char* path) {
  const Json* pairs = context::find_in(context, path);
  std::vector<std::string> words;
  if (pairs != nullptr && pairs->is_object()) {
    for (const auto& [name, value] : pairs->items())
      words.push_back(visible(name) + "=" +
                      visible(without_secrets(value.is_string() ? value.get<std::string>() : value.dump())));
  }
  return util::join(words, ", ");
}

struct Saying {
  Tone tone = Tone::info;
  std::string title;
};

// What an event is called; `decision` says the state that came of it in the words of the other programs.
Saying saying_of(const View& view, const Event& event) {
  const auto& request = view.request;
  const std::string who = visible(request.requester);
  const std::string actor = visible(event.actor);
  const std::string decision = visible(terminal::decision(view));
  const std::string& type = event.type;
  if (type == "ask") return {Tone::asks, who + " asks for approval"};
  if (type == "remind") return {Tone::asks, "Reminder: " + who + " still waits for approval"};
  if (type == "escalate") return {Tone::alarm, "Escalation: nobody has decided what " + who + " asks for"};
  if (type == "approve" && event.state == "pending")
    return {Tone::asks, actor + " approved; more are needed"};
  if (type == "approve") return {Tone::good, "Approved by " + actor};
  if (type == "deny") return {Tone::bad, "Denied by " + actor};
  if (type == "expire") return {Tone::bad, "Expired: nobody decided in time"};
  if (type == "lapse") return {Tone::bad, "Lapsed: approved, and not started in time"};
  if (type == "withdraw") return {Tone::info, "Withdrawn by " + actor};
  if (type == "revoke") return {Tone::bad, "Approval revoked by " + actor};
  if (type == "changed") return {Tone::bad, "Not started: what would run had changed since the approval"};
  if (type == "claim") return {Tone::info, "Started by " + who};
  if (type == "break_glass") return {Tone::alarm, "BREAK-GLASS: " + who + " runs this without approval"};
  if (type == "acknowledge") return {Tone::good, actor + " acknowledged what ran by break-glass"};
  if (type == "dispute") return {Tone::alarm, actor + " DISPUTES what ran by break-glass"};
  return {Tone::info, decision};
}

std::vector<std::string> still_wanted(const View& view) {
  std::set<std::string> decided;
  for (const auto& review : view.request.reviews) decided.insert(review.reviewer);
  std::vector<std::string> names;
  for (const auto& name : view.eligible) {
    if (!decided.contains(name)) names.push_back(visible(name));
  }
  return names;
}

// The requester hears the decision, the others that it needs nobody any more.
std::string next_step(const View& view) {
  const auto& request = view.request;
  const std::string who = visible(request.requester);
  switch (request.state) {
    case State::pending:
      return "Needed: " + visible(terminal::whom(view));
    case State::approved:
      return who + ": it may run now. All others: this is handled";
    case State::denied:
    case State::revoked:
      return who + ": it must not run. All others: this is handled";
    case State::expired:
    case State::lapsed:
    case State::changed:
      return who + ": ask anew if it is still wanted. All others: nothing is left to decide";
    case State::started:
    case State::finished:
      if (request.review_by && request.reviews.empty())
        return "Somebody else must acknowledge or dispute it until " + util::to_rfc3339(*request.review_by);
      [[fallthrough]];
    case State::withdrawn:
      return "All: nothing is left to decide";
  }
  return "";
}

std::vector<std::string> lines_for(const View& view) {
  const std::string& id = view.request.id.text();
  const bool to_review = view.request.review_by && view.request.reviews.empty();
  if (view.request.state == State::pending)
    return {approval::approve_line(view.request), "jit-approve deny " + id + " -m WHY",
            "jit-approve show " + id};
  if (to_review)
    return {"jit-approve acknowledge " + id, "jit-approve dispute " + id + " -m WHY",
            "jit-approve show " + id};
  return {"jit-approve show " + id};
}

std::string whole_command(const Json& context) {
  return text_at(context, "command.line");
}

class Facts {
 public:
  void add(const std::string& name, const std::string& value) {
    m_is_cut = m_is_cut || value.size() > kLongText;
    if (!value.empty()) m_all.emplace_back(name, shortened(without_secrets(value), kLongText));
  }
  /// The same for what is short enough in each of its parts, or has been cut.
  void add_whole(const std::string& name, const std::string& value, bool is_cut) {
    m_is_cut = m_is_cut || is_cut;
    if (!value.empty()) m_all.emplace_back(name, value);
  }
  std::vector<std::pair<std::string, std::string>> take() { return std::move(m_all); }
  bool is_cut() const { return m_is_cut; }

 private:
  bool m_is_cut = false;
  std::vector<std::pair<std::string, std::string>> m_all;
};

void add_warnings(Facts& facts, const View& view) {
  std::vector<std::string> warnings;
  bool is_cut = false;
  for (const auto& warning : terminal::warnings(view)) {
    const std::string text = visible(without_secrets(warning));
    warnings.push_back(shortened(text, kLongWarning));
    is_cut = is_cut || text.size() > kLongWarning;
  }
  if (warnings.size() > kMostWarnings) {
    is_cut = true;
    const auto more = warnings.size() - kMostWarnings;
    warnings.resize(kMostWarnings);
    warnings.push_back("and " + std::to_string(more) + " more: jit-approve show " + view.request.id.text());
  }
  facts.add_whole("Warnings", util::join(warnings, "; "), is_cut);
}

std::string systems_of(const Json& context) {
  std::vector<std::string> texts;
  for (const auto& text : terminal::system_texts(context)) texts.push_back(visible(without_secrets(text)));
  return util::join(texts, "; ");
}

std::string activity_of(const Json& context) {
  std::vector<std::string> texts = terminal::requests_in_flight(context);
  const std::string counts = terminal::activity_counts(context);
  if (!counts.empty()) texts.insert(texts.begin(), counts);
  return visible(util::join(texts, "; "));
}

Facts facts_of(const View& view, const Event& event, util::Time now) {
  const auto& request = view.request;
  static const Json kNothing = Json::object();
  const Json& context = request.context ? *request.context : kNothing;
  Facts facts;
  add_warnings(facts, view);
  facts.add("Systems", systems_of(context));
  facts.add("Reason", short_text(request.reason));
  facts.add("Ticket", short_text(request.ticket));
  facts.add("Said", short_text(event.message));
  facts.add("Changed", short_text(util::join(event.differences, "; ")));
  facts.add("Requester", visible(request.requester));
  facts.add("Program", text_at(context, "command.path"));
  facts.add("Unsafe environment", pairs_of(context, "unsafe_env"));
  facts.add("Host", text_at(context, "host.name"));
  facts.add("Directory", text_at(context, "command.cwd"));
  facts.add("Labels", pairs_of(context, "labels"));
  facts.add("Environment", pairs_of(context, "env"));
  facts.add("Activity", activity_of(context));
  facts.add("Branch", text_at(context, "git.branch"));
  facts.add("Commit", text_at(context, "git.commit"));
  facts.add("Rules", visible(util::join(request.rules, ", ")));
  facts.add("State", visible(terminal::decision(view)));
  if (request.state == State::pending)
    facts.add("Time left", util::to_clock_text(request.expires_at - now) + " (until " +
                               util::to_rfc3339(request.expires_at) + ")");
  return facts;
}

std::string link_to(std::string link, const std::string& id) {
  constexpr std::string_view kPlace = "{id}";
  for (auto at = link.find(kPlace); at != std::string::npos; at = link.find(kPlace, at + id.size()))
    link.replace(at, kPlace.size(), id);
  return link;
}

std::string document_of(const Message& message, const std::string& state) {
  Json facts = Json::object();
  for (const auto& [name, value] : message.facts) facts[name] = value;
  const auto text_or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  return util::compact_json({{"event", message.event},
                             {"request", text_or_null(message.request)},
                             {"state", text_or_null(state)},
                             {"title", message.title},
                             {"next", message.next},
                             {"command", message.command},
                             {"facts", std::move(facts)},
                             {"lines", message.lines},
                             {"people", message.people},
                             {"requester", text_or_null(message.requester)},
                             {"host", text_or_null(message.host)},
                             {"link", text_or_null(message.link)},
                             {"at", util::to_rfc3339(message.at)}});
}

}  // namespace

Event Event::of(const std::string& id, const std::string& type, const std::string& about, util::Time at) {
  const Json json = util::parse_json(about, "a notice");
  if (!json.is_object()) throw util::Error("a notice that is not an object");
  const auto text = [&](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : "";
  };
  Event event{id, type, text("actor"), text("message"), text("state"), {}, at};
  if (const auto found = json.find("differences"); found != json.end() && found->is_array()) {
    for (const auto& difference : *found) {
      if (difference.is_string()) event.differences.push_back(difference.get<std::string>());
    }
  }
  return event;
}

std::string shortened(const std::string& text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end) + "… [" + std::to_string(text.size() - end) + " bytes more]";
}

Message make_message(const View& view, const Event& event, const std::string& link, util::Time now) {
  const auto& request = view.request;
  static const Json kNothing = Json::object();
  const Json& context = request.context ? *request.context : kNothing;
  auto [tone, title] = saying_of(view, event);
  Message message;
  message.id = event.id;
  message.event = event.type;
  message.tone = tone;
  message.title = std::move(title);
  message.next = shortened(next_step(view), kLongText);
  message.command = shortened(whole_command(context), kLongCommand);
  Facts facts = facts_of(view, event, now);
  const bool is_cut = facts.is_cut() || whole_command(context).size() > kLongCommand;
  message.facts = facts.take();
  const auto decidable = approval::by_button(request);
  message.can_approve = decidable == approval::ByButton::approve_or_deny && !is_cut;
  message.can_deny = decidable != approval::ByButton::nothing;
  message.digest = request.digest.text();
  message.lines = lines_for(view);
  message.link = link.empty() ? "" : link_to(link, request.id.text());
  message.request = request.id.text();
  message.requester = visible(request.requester);
  message.host = text_at(context, "host.name");
  message.is_open = event.state == "pending";
  message.is_over = approval::is_over(request.state) && !(request.review_by && request.reviews.empty());
  message.people = message.is_over || request.state == State::approved ? std::vector{message.requester}
                                                                       : still_wanted(view);
  message.at = event.at;
  message.document = document_of(message, approval::to_text(request.state));
  return message;
}

Message test_message(const std::string& channel, const std::string& host, util::Time now) {
  Message message;
  message.id = "test-" + std::to_string(now.time_since_epoch().count());
  message.event = "test";
  message.title = "TEST: jit-run can reach the channel " + visible(channel);
  message.next = "Nothing is to be done: this is no request";
  message.command = "true";
  message.facts = {{"Host", visible(host)}};
  message.host = visible(host);
  message.is_over = true;
  message.at = now;
  message.document = document_of(message, "");
  return message;
}

std::string plain_text(const Message& message) {
  std::string text = message.title + "\n\n    " + message.command + "\n\n";
  for (const auto& [name, value] : message.facts) text += name + ": " + value + "\n";
  text += "\n" + message.next + "\n";
  if (!message.lines.empty()) text += "\n";
  for (const auto& line : message.lines) text += "    " + line + "\n";
  if (!message.link.empty()) text += "\n" + message.link + "\n";
  return text;
}

std::string headline(const Message& message, std::size_t limit) {
  constexpr std::size_t kForTheRest = 40;  // what `shortened` adds
  return shortened(message.title + ": " + message.command, limit - kForTheRest);
}

}  // namespace jit::notify
