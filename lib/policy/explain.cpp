#include "policy/explain.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "context/schema.hpp"
#include "util/error.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

namespace jit::policy {
namespace {

using context::ValueType;
using util::Json;

constexpr std::array<std::string_view, 5> kDerived{"command.argv", "command.line", "command.name",
                                                   "command.subcommand", "command.options"};

bool is_section(const std::string& path) {
  const auto& paths = context::schema();
  return path.find('.') == std::string::npos &&
         std::any_of(paths.begin(), paths.end(),
                     [&](const auto& info) { return info.path.starts_with(path + "."); });
}

void require_settable(const std::string& path, const Json& value) {
  if (path.starts_with("time.") && path.find('@') != std::string::npos)
    throw util::UsageError("--set " + path + ": follows from time.at",
                           "set that: --set time.at=2026-11-22T10:14:00Z");
  if (path == "systems" || path.starts_with("systems."))
    throw util::UsageError("--set " + path + ": follows from the policies' systems",
                           "set what they match on, or change the policies");
  for (const auto derived : kDerived) {
    if (path == derived || path.starts_with(std::string(derived) + ".")) {
      throw util::UsageError("--set " + path + ": follows from the command", "change the command after --");
    }
  }
  if (is_section(path) && path != "command" && (value.is_null() || value.is_object())) return;
  if (context::find_path(path) == nullptr) {
    throw util::UsageError("--set: unknown path \"" + path + "\"" + context::suggest_path(path));
  }
}

Json value_of(const std::string& path, const std::string& text) {
  const auto* info = context::find_path(path);
  Json value;
  try {
    value = util::parse_json(text, path);
  } catch (const util::Error&) {
    return text;
  }
  // What holds text would never match a number: "1234567" may be a commit.
  const bool textual = info != nullptr && info->type == ValueType::text;
  return textual && !value.is_null() && !value.is_string() ? Json(text) : value;
}

std::set<std::string> groups_of(const Verdict& verdict) {
  std::set<std::string> groups;
  if (verdict.effect != Effect::ask) return groups;
  for (const auto& seats : verdict.requirement.alternatives()) {
    for (const auto& [group, count] : seats) groups.insert(group);
  }
  return groups;
}

std::vector<std::string> people_of(const Explanation& explanation, const std::string& group) {
  std::vector<std::string> people;
  const auto found = explanation.roster.find(group);
  if (found == explanation.roster.end()) return people;
  for (const auto& person : found->second) {
    if (explanation.verdict.requirement.self || person != explanation.requester) people.push_back(person);
  }
  return people;
}

std::vector<std::string> eligible(const Explanation& explanation) {
  std::set<std::string> people;
  for (const auto& group : groups_of(explanation.verdict)) {
    if (group == kAnyone) return {kAnyone};
    for (auto& person : people_of(explanation, group)) people.insert(std::move(person));
  }
  return {people.begin(), people.end()};
}

std::string seat_text(const Explanation& explanation, const std::string& group, int count) {
  const std::string seat = std::to_string(count) + " of " + group;
  if (group == kAnyone) return seat + (explanation.verdict.requirement.self ? "" : " but the requester");
  const auto people = people_of(explanation, group);
  return seat + " (" + (people.empty() ? "nobody" : util::join(people, ", ")) + ")";
}

std::string whom(const Explanation& explanation) {
  std::vector<std::string> alternatives;
  for (const auto& seats : explanation.verdict.requirement.alternatives()) {
    std::vector<std::string> words;
    for (const auto& [group, count] : seats) words.push_back(seat_text(explanation, group, count));
    alternatives.push_back(util::join(words, " and "));
  }
  return util::join(alternatives, ", or ");
}

std::string painted(const std::string& text, Effect effect, bool color) {
  if (!color) return text;
  const char* code = effect == Effect::allow ? "32" : effect == Effect::ask ? "33" : "31";
  return std::string("\x1b[") + code + "m" + text + "\x1b[0m";
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string field(const std::string& name, const std::string& value) {
  return value.empty() ? "" : padded(name, 13) + util::visible(value) + "\n";
}

std::string break_glass_text(const BreakGlass& permitted) {
  std::vector<std::string> groups;
  for (const auto& list : permitted.from) groups.push_back(util::join(list, " or "));
  return "by " + util::join(groups, ", who is also in ") + ", reviewed within " +
         util::to_text(permitted.review_within);
}

std::string requirement_text(const Explanation& explanation) {
  const Requirement& requirement = explanation.verdict.requirement;
  std::vector<std::string> needs;
  if (requirement.signatures) needs.emplace_back("signed approvals");
  if (requirement.bind_input) needs.emplace_back("standard input, which is bound");
  if (requirement.reason) needs.emplace_back("a reason");
  for (const auto& ticket : requirement.tickets) needs.push_back("a ticket like " + ticket);
  std::string text = field("approval", whom(explanation)) + field("requires", util::join(needs, ", "));
  if (requirement.any_of_rule)
    text += field("scope", "one approval is good for whatever these rules ask about");
  if (requirement.record == Record::outcome) text += field("records", "how it ends, and how long it took");
  if (requirement.record == Record::session)
    text += field("records", "what it shows on the terminal, and how it ends");
  if (requirement.break_glass) text += field("break-glass", break_glass_text(*requirement.break_glass));
  for (const auto& preview : requirement.previews) {
    text +=
        field("preview", preview.why.empty() ? "would be run: " + util::shell_line(preview.argv) +
                                                   " (at most " + util::to_text(preview.timeout) + ")"
                                             : "of " + preview.rule + " could not be made: " + preview.why);
  }
  text += field("expires", util::to_text(requirement.expires) + ", valid for " +
                               util::to_text(requirement.valid_for) + ", uses " +
                               std::to_string(requirement.uses));
  return text;
}

std::string systems_text(const std::vector<System>& systems) {
  std::string text;
  for (const auto& system : systems) {
    std::string value = system.name;
    if (!system.environment.empty()) value += " (" + system.environment + ")";
    if (!system.owners.empty()) value += ", owners: " + util::join(system.owners, ", ");
    if (!system.link.empty()) value += ", " + system.link;
    text += field(text.empty() ? "systems" : "", value);
  }
  return text;
}

const char* word_of(const RuleTrace& trace) {
  if (!trace.matched) return "no";
  return trace.shadowed ? "shadowed" : "matched";
}

std::string trace_text(const std::vector<RuleTrace>& traces, bool color) {
  std::string text;
  std::string judged;
  std::size_t width = 0;
  for (const auto& trace : traces) width = std::max(width, util::visible(trace.rule).size());
  for (const auto& trace : traces) {
    if (text.empty() || trace.judged != judged) text += "\nrules for " + util::visible(trace.judged) + "\n";
    judged = trace.judged;
    const std::string word = padded(word_of(trace), 9);
    text += "  " + (trace.matched && !trace.shadowed ? painted(word, trace.effect, color) : word);
    text += padded(util::visible(trace.rule), width) + "  " + padded(to_text(trace.effect), 6) +
            util::visible(trace.file) + ":" + std::to_string(trace.line) + "\n";
    if (!trace.matched) text += std::string(11, ' ') + util::visible(trace.path + " " + trace.why) + "\n";
  }
  return text.empty() ? "\nno rule is about this command\n" : text;
}

Json trace_json(const RuleTrace& trace) {
  return {{"rule", trace.rule},
          {"file", trace.file},
          {"line", trace.line},
          {"effect", to_text(trace.effect)},
          {"matched", trace.matched},
          {"shadowed", trace.shadowed},
          {"judged", trace.judged},
          {"path", trace.matched ? Json() : Json(trace.path)},
          {"why", trace.matched ? Json() : Json(trace.why)}};
}

}  // namespace

ReplacedContext::ReplacedContext(util::Json context)
    : m_context(std::make_unique<Json>(std::move(context))) {}
ReplacedContext::~ReplacedContext() = default;

void ReplacedContext::put(const std::string& section, util::Json value) {
  (*m_context)[section] = std::move(value);
}

void ReplacedContext::set(const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw util::UsageError("--set " + assignment + ": not of the form PATH=VALUE");
  }
  const std::string path = assignment.substr(0, equals);
  Json value = value_of(path, assignment.substr(equals + 1));
  require_settable(path, value);
  const std::size_t dot = path.find('.');
  if (dot == std::string::npos) {
    (*m_context)[path] = std::move(value);
    return;
  }
  Json& section = (*m_context)[path.substr(0, dot)];
  if (!section.is_object()) section = Json::object();
  section[path.substr(dot + 1)] = std::move(value);
  if (path.starts_with("activity.") && path != "activity.why") section.erase("why");  // it is known now
}

Explanation explain(const Set& set, context::Source& source, Effect fallback) {
  Explanation explanation;
  explanation.verdict = evaluate(set, source, fallback, &explanation.traces);
  explanation.roster = set.groups().resolve(groups_of(explanation.verdict));
  const Json* requester = source.find("user.name");
  if (requester != nullptr && requester->is_string()) explanation.requester = requester->get<std::string>();
  return explanation;
}

std::string to_text(const Explanation& explanation, bool color) {
  const Verdict& verdict = explanation.verdict;
  std::string labels;
  for (const auto& [name, value] : verdict.labels)
    labels += (labels.empty() ? "" : ", ") + name + "=" + value;
  std::string text = padded("verdict", 13) + painted(to_text(verdict.effect), verdict.effect, color) + "\n";
  text +=
      field("rules", verdict.rules.empty() ? "none matched: the default" : util::join(verdict.rules, ", "));
  if (verdict.effect == Effect::ask) text += requirement_text(explanation);
  if (!verdict.unapprovable.empty()) text += field("NOBODY", "could approve it: " + verdict.unapprovable);
  text += systems_text(verdict.systems) + field("labels", labels) + field("message", verdict.message);
  return text + trace_text(explanation.traces, color);
}

util::Json to_json(const Explanation& explanation, const util::Json& context) {
  const Verdict& verdict = explanation.verdict;
  Json shown = context;
  if (!verdict.systems.empty()) shown["systems"] = to_json(verdict.systems);
  Json requirement;
  if (verdict.effect == Effect::ask) {
    requirement = to_json(verdict.requirement);
    requirement["missing"] = requirement["from"];  // Nobody has approved yet.
    requirement["eligible"] = eligible(explanation);
  }
  Json trace = Json::array();
  for (const auto& rule : explanation.traces) trace.push_back(trace_json(rule));
  return {{"effect", to_text(verdict.effect)},
          {"rules", verdict.rules},
          {"requirement", std::move(requirement)},
          {"message", verdict.message.empty() ? Json() : Json(verdict.message)},
          {"labels", verdict.labels},
          {"context", std::move(shown)},
          {"trace", std::move(trace)}};
}

}  // namespace jit::policy
