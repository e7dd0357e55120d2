#include <algorithm>
#include <set>

#include "policy/draft.hpp"
#include "util/text.hpp"

namespace jit::policy {
namespace {

using yaml::Node;

constexpr std::int64_t kMostSeats = 100;
constexpr std::size_t kMostAlternatives = 32;
constexpr std::int64_t kMostUses = 1'000'000;

const std::vector<std::string> kRuleKeys{"name",     "description", "match",        "effect",   "labels",
                                         "approval", "requires",    "break_glass",  "bind",     "preview",
                                         "record",   "notify",      "remind_after", "escalate", "message"};
const std::vector<std::string> kConditionKeys{"approval", "requires", "break_glass",  "bind",
                                              "preview",  "notify",   "remind_after", "escalate"};
const std::vector<std::string> kApprovalKeys{"from", "self",           "expires", "valid_for",
                                             "uses", "deny_threshold", "signed",  "scope"};
const std::vector<std::string> kRequiresKeys{"reason", "ticket"};
const std::vector<std::string> kBreakGlassKeys{"from", "review_within"};
const std::vector<std::string> kEffects{"allow", "ask", "deny"};

Requirement::Seats read_seats(Reader& reader, const Node& node, Draft& draft) {
  Requirement::Seats seats;
  if (!reader.map(node, "each of \"from\"")) return seats;
  if (node.entries.empty()) reader.problem(node, "an alternative in \"from\" that asks nobody");
  bool complete = true;
  for (const auto& [group, count] : node.entries) {
    const auto name = reader.name(group, "the name of a group");
    const auto number = reader.integer(count, "the count of \"" + group.scalar + "\"", 1, kMostSeats);
    if (name && number) seats[*name] = static_cast<int>(*number);
    complete = complete && name && number;
  }
  if (complete && !seats.empty()) draft.seats.emplace_back(place_of(reader, node), seats);
  return seats;
}

void read_approval(Reader& reader, const Node& node, Draft& draft, compiled::RequirementT& requirement) {
  if (!reader.map_of(node, "\"approval\"", kApprovalKeys)) return;
  std::vector<Requirement::Seats> seats;
  if (const Node* from = node.find("from")) seats = read_from(reader, *from, draft);
  pack_from(seats, requirement);
  if (const Node* self = node.find("self")) {
    if (const auto value = reader.boolean(*self, "\"self\"")) requirement.self = *value;
  }
  if (const Node* expires = node.find("expires")) {
    if (const auto value = reader.duration(*expires, "\"expires\"")) requirement.expires = value->count();
  }
  if (const Node* valid_for = node.find("valid_for")) {
    if (const auto value = reader.duration(*valid_for, "\"valid_for\""))
      requirement.valid_for = value->count();
  }
  if (const Node* uses = node.find("uses")) {
    const auto value = reader.integer(*uses, "\"uses\"", 1, kMostUses);
    if (value) requirement.uses = static_cast<int>(*value);
  }
  if (const Node* threshold = node.find("deny_threshold")) {
    const auto value = reader.integer(*threshold, "\"deny_threshold\"", 1, kMostSeats);
    if (value) requirement.deny_threshold = static_cast<int>(*value);
  }
  if (const Node* scope = node.find("scope")) {
    const auto text = reader.text(*scope, "\"scope\"");
    if (text && *text != "rule" && *text != "action")
      reader.problem(*scope, "\"scope\" must be action or rule, not \"" + *text + "\"");
    requirement.any_of_rule = text == "rule";
  }
  if (const Node* only_signed = node.find("signed")) {
    requirement.signatures = reader.boolean(*only_signed, "\"signed\"").value_or(false);
    if (requirement.signatures) draft.only_signed.emplace_back(place_of(reader, *only_signed), seats);
  }
}

void read_requires(Reader& reader, const Node& node, compiled::RequirementT& requirement) {
  if (!reader.map_of(node, "\"requires\"", kRequiresKeys)) return;
  if (const Node* reason = node.find("reason")) {
    if (const auto value = reader.boolean(*reason, "\"reason\"")) requirement.reason = *value;
  }
  if (const Node* ticket = node.find("ticket")) {
    if (const auto value = reader.regex(*ticket, "\"ticket\"")) {
      if (value->empty()) reader.problem(*ticket, "\"ticket\" is empty: only an empty ticket would match it");
      requirement.ticket = *value;
    }
  }
}

void read_bind(Reader& reader, const Node& node, compiled::RequirementT& requirement) {
  for (const auto& name : reader.texts(node, "\"bind\"")) {
    if (name != "stdin")
      reader.problem(node, "\"bind\" knows stdin, not \"" + name + "\": files are bound always");
    requirement.bind_input = true;
  }
}

// Of an allowed command there is no request that an outcome could be kept with, and a denied one does not
// run.
void read_record(Reader& reader, const Node& key, const Node& node, bool is_ask,
                 compiled::RequirementT& requirement) {
  const auto record = parse_record(node.scalar);
  if (!record) {
    reader.problem(node, "\"record\" must be none, outcome or session, not \"" + node.scalar + "\"" +
                             util::did_you_mean(node.scalar, {"none", "outcome", "session"}));
  }
  if (!is_ask)
    reader.problem(key,
                   "\"record\" has a meaning only with the effect ask: without a request there is nothing to "
                   "record to");
  requirement.record = static_cast<std::uint8_t>(record.value_or(Record::none));
}

void read_break_glass(Reader& reader, const Node& node, Draft& draft, compiled::RequirementT& requirement) {
  constexpr std::int64_t kDay = 86'400'000;
  if (!reader.map_of(node, "\"break_glass\"", kBreakGlassKeys)) return;
  auto permitted = std::make_unique<compiled::BreakGlassT>();
  permitted->review_within = kDay;
  if (const Node* from = reader.required(node, "from", "\"break_glass\"")) {
    permitted->from = reader.texts(*from, "\"from\" of \"break_glass\"");
    if (from->kind == Node::Kind::list && from->items.empty())
      reader.problem(*from, "\"from\" is an empty list: nobody could break the glass");
    for (const auto& group : permitted->from)
      draft.seats.emplace_back(place_of(reader, *from), Requirement::Seats{{group, 1}});
  }
  if (const Node* within = node.find("review_within")) {
    if (const auto value = reader.duration(*within, "\"review_within\""))
      permitted->review_within = value->count();
  }
  requirement.break_glass = std::move(permitted);
}

// What can only be said when the rest of the rule is known.
void check_preview(Reader& reader, const Node& node, const compiled::RequirementT& requirement) {
  if (requirement.preview == nullptr) return;
  if (requirement.any_of_rule) {
    reader.problem(
        node,
        "\"preview\" with \"scope: rule\": an approval for whatever the rule asks about is bound to "
        "no preview");
  }
  if (requirement.preview->timeout >= requirement.valid_for) {
    reader.problem(
        node,
        "the \"timeout\" of \"preview\" must be less than \"valid_for\": it is made again within that time");
  }
}

std::optional<compiled::Effect> read_effect(Reader& reader, const Node& node) {
  const auto text = reader.text(node, "\"effect\"");
  if (!text) return std::nullopt;
  if (*text == "deny") return compiled::Effect::deny;
  if (*text == "ask") return compiled::Effect::ask;
  if (*text == "allow") return compiled::Effect::allow;
  reader.problem(node, "unknown effect \"" + *text + "\"" + util::did_you_mean(*text, kEffects));
  return std::nullopt;
}

void read_labels(Reader& reader, const Node& node, compiled::RuleT& rule) {
  if (!reader.map(node, "\"labels\"")) return;
  for (const auto& [key, value] : node.entries) {
    auto label = std::make_unique<compiled::LabelT>();
    const auto name = reader.name(key, "the name of a label");
    const auto text = reader.text(value, "the label \"" + key.scalar + "\"");
    if (!name || !text) continue;
    label->name = *name;
    label->value = *text;
    rule.labels.push_back(std::move(label));
  }
}

void read_remind(Reader& reader, const Node& rule, const Node& node, compiled::RequirementT& requirement) {
  if (const auto value = reader.duration(node, "\"remind_after\"")) requirement.remind_after = value->count();
  if (rule.find("notify") == nullptr)
    reader.problem(node, "\"remind_after\" without \"notify\": nobody would be reminded");
}

// What only an ask has; also with another effect it is read, so that all that is wrong is said.
void read_conditions(Reader& reader, const Node& node, Draft& draft, compiled::RuleT& rule, bool is_ask) {
  rule.requirement = default_requirement();
  for (const auto& [key, value] : node.entries) {
    if (key.scalar == "record") read_record(reader, key, value, is_ask, *rule.requirement);
    if (std::find(kConditionKeys.begin(), kConditionKeys.end(), key.scalar) == kConditionKeys.end()) continue;
    if (!is_ask) reader.problem(key, "\"" + key.scalar + "\" has a meaning only with the effect ask");
    if (key.scalar == "approval") read_approval(reader, value, draft, *rule.requirement);
    if (key.scalar == "requires") read_requires(reader, value, *rule.requirement);
    if (key.scalar == "bind") read_bind(reader, value, *rule.requirement);
    if (key.scalar == "preview") rule.requirement->preview = read_preview(reader, value, draft);
    if (key.scalar == "break_glass") read_break_glass(reader, value, draft, *rule.requirement);
    if (key.scalar == "notify")
      rule.requirement->notify = read_channel_names(reader, value, "\"notify\"", draft);
    if (key.scalar == "remind_after") read_remind(reader, node, value, *rule.requirement);
    if (key.scalar == "escalate") read_escalate(reader, value, draft, *rule.requirement);
  }
  if (const Node* preview = node.find("preview")) check_preview(reader, *preview, *rule.requirement);
  if (!is_ask) rule.requirement.reset();
}

bool rests_on_login(const compiled::SetT& set, const compiled::MatchT& match) {
  if (match.join != compiled::Join::path) {
    return std::any_of(match.parts.begin(), match.parts.end(),
                       [&](const auto& part) { return rests_on_login(set, *part); });
  }
  const auto& path = set.paths[match.path]->text;
  return path == "user.login" || path == "user.sudo_user";
}

}  // namespace

std::unique_ptr<compiled::RequirementT> default_requirement() {
  const Requirement defaults;
  auto requirement = std::make_unique<compiled::RequirementT>();
  requirement->self = defaults.self;
  requirement->expires = defaults.expires.count();
  requirement->valid_for = defaults.valid_for.count();
  requirement->uses = defaults.uses;
  requirement->deny_threshold = defaults.deny_threshold;
  return requirement;
}

void pack_from(const std::vector<Requirement::Seats>& from, compiled::RequirementT& requirement) {
  for (const auto& seats : from) {
    auto alternative = std::make_unique<compiled::AlternativeT>();
    for (const auto& [group, count] : seats) {
      auto seat = std::make_unique<compiled::SeatT>();
      seat->group = group;
      seat->count = count;
      alternative->seats.push_back(std::move(seat));
    }
    requirement.from.push_back(std::move(alternative));
  }
}

void read_rule_name(Reader& reader, const Node& node, Draft& draft, compiled::RuleT& rule) {
  const Node* name = reader.required(node, "name", "a rule");
  if (name == nullptr) return;
  const auto text = reader.text(*name, "\"name\" of a rule");
  if (!text) return;
  if (text->empty()) reader.problem(*name, "\"name\" of a rule is empty");
  const auto [first, is_new] = draft.rules.try_emplace(*text, place_of(reader, *name));
  if (!is_new) note_conflict(reader, *name, "rule \"" + *text + "\"", first->second);
  rule.name = *text;
}

std::vector<Requirement::Seats> read_from(Reader& reader, const yaml::Node& node, Draft& draft) {
  std::vector<Requirement::Seats> from;
  if (node.kind == Node::Kind::scalar) {
    reader.problem(node, "\"from\" must say how many: {" + node.scalar + ": 1}");
    return from;
  }
  if (node.kind == Node::Kind::map) {
    from.push_back(read_seats(reader, node, draft));
    return from;
  }
  if (node.items.empty()) reader.problem(node, "\"from\" is an empty list: nobody could approve");
  if (node.items.size() > kMostAlternatives) {
    reader.problem(node, "\"from\" has more than " + std::to_string(kMostAlternatives) + " alternatives");
    return from;
  }
  for (const auto& item : node.items) {
    auto seats = read_seats(reader, item, draft);
    if (!seats.empty() && std::find(from.begin(), from.end(), seats) == from.end())
      from.push_back(std::move(seats));
  }
  return from;
}

void read_rule(Reader& reader, const yaml::Node& node, Draft& draft, compiled::FileT& file) {
  if (!reader.map_of(node, "a rule", kRuleKeys)) return;
  auto rule = std::make_unique<compiled::RuleT>();
  rule->line = static_cast<std::uint32_t>(node.mark.line);
  read_rule_name(reader, node, draft, *rule);
  if (const Node* text = node.find("description")) (void)reader.text(*text, "\"description\"");
  if (const Node* match = reader.required(node, "match", "a rule")) {
    rule->match = read_match(reader, *match, draft);
    rule->reads_words = reads_words(draft.set, *rule->match);
    rule->reads_systems = reads_systems(draft.set, *rule->match);
  } else {
    rule->match = std::make_unique<compiled::MatchT>();
    rule->match->join = compiled::Join::all;
  }
  const Node* effect_node = reader.required(node, "effect", "a rule");
  const auto effect = effect_node == nullptr ? std::nullopt : read_effect(reader, *effect_node);
  rule->effect = effect.value_or(compiled::Effect::deny);
  if (effect == compiled::Effect::allow && rests_on_login(draft.set, *rule->match)) {
    reader.problem(
        node,
        "an allow rule cannot rest on user.login or user.sudo_user: where no login was recorded, anybody "
        "can set them");
  }
  // Where the effect is not known, whether it is an ask is not either.
  read_conditions(reader, node, draft, *rule, !effect || *effect == compiled::Effect::ask);
  if (const Node* labels = node.find("labels")) read_labels(reader, *labels, *rule);
  if (const Node* message = node.find("message")) {
    rule->message = reader.text(*message, "\"message\"").value_or("");
  }
  file.rules.push_back(std::move(rule));
}

}  // namespace jit::policy
