#include "policy/verdict.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "util/error.hpp"

namespace jit::policy {
namespace {

// Far beyond what people write; a set of many files must not multiply out without end.
constexpr std::size_t kMaxAlternatives = 256;

std::vector<Requirement::Seats> multiply(const std::vector<Requirement::Seats>& a,
                                         const std::vector<Requirement::Seats>& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  std::vector<Requirement::Seats> product;
  std::set<Requirement::Seats> seen;
  for (const auto& left : a) {
    for (const auto& right : b) {
      Requirement::Seats seats = left;
      for (const auto& [group, count] : right) seats[group] = std::max(seats[group], count);
      if (seen.insert(seats).second) product.push_back(std::move(seats));
      // Fewer ways to approve is the strict side.
      if (product.size() == kMaxAlternatives) return product;
    }
  }
  return product;
}

template <typename T>
void append_new(std::vector<T>& all, const std::vector<T>& more) {
  for (const auto& item : more) {
    if (std::find(all.begin(), all.end(), item) == all.end()) all.push_back(item);
  }
}

std::optional<util::Millis> sooner(const std::optional<util::Millis>& a,
                                   const std::optional<util::Millis>& b) {
  return a && b ? std::min(a, b) : a ? a : b;
}

Notices combine(const Notices& a, const Notices& b) {
  Notices both = a;
  append_new(both.to, b.to);
  append_new(both.escalate_to, b.escalate_to);
  both.remind_after = sooner(a.remind_after, b.remind_after);
  both.escalate_after = sooner(a.escalate_after, b.escalate_after);
  return both;
}

Requirement combine(const Requirement& a, const Requirement& b) {
  Requirement both;
  both.from = multiply(a.from, b.from);
  both.self = a.self && b.self;
  both.expires = std::min(a.expires, b.expires);
  both.valid_for = std::min(a.valid_for, b.valid_for);
  both.uses = std::min(a.uses, b.uses);
  both.deny_threshold = std::min(a.deny_threshold, b.deny_threshold);
  both.reason = a.reason || b.reason;
  both.signatures = a.signatures || b.signatures;
  both.bind_input = a.bind_input || b.bind_input;
  both.any_of_rule = a.any_of_rule && b.any_of_rule;
  both.record = std::max(a.record, b.record);
  both.notices = combine(a.notices, b.notices);
  both.tickets = a.tickets;
  append_new(both.tickets, b.tickets);
  both.previews = a.previews;
  append_new(both.previews, b.previews);
  if (a.break_glass && b.break_glass) {
    both.break_glass = a.break_glass;
    append_new(both.break_glass->from, b.break_glass->from);
    both.break_glass->review_within = std::min(a.break_glass->review_within, b.break_glass->review_within);
  }
  return both;
}

std::string join_messages(const std::string& a, const std::string& b) {
  if (a.empty() || a == b) return b;
  return b.empty() ? a : a + "\n" + b;
}

const util::Json& member(const util::Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) throw util::Error(std::string("a requirement without \"") + key + "\"");
  return *found;
}

util::Millis duration_member(const util::Json& json, const char* key) {
  const util::Json& value = member(json, key);
  const auto duration = value.is_string() ? util::parse_duration(value.get<std::string>()) : std::nullopt;
  if (!duration) throw util::Error(std::string("a requirement whose \"") + key + "\" is not a duration");
  return *duration;
}

bool flag_member(const util::Json& json, const char* key) {
  const util::Json& value = member(json, key);
  if (!value.is_boolean())
    throw util::Error(std::string("a requirement whose \"") + key + "\" is not true or false");
  return value.get<bool>();
}

int count_of(const util::Json& value, const std::string& what) {
  constexpr int kMost = 1'000'000;
  if (!value.is_number_integer() || value.get<std::int64_t>() < 1 || value.get<std::int64_t>() > kMost) {
    throw util::Error("a requirement whose \"" + what + "\" is not a count");
  }
  return value.get<int>();
}

std::vector<Requirement::Seats> alternatives_from_json(const util::Json& json) {
  if (!json.is_array()) throw util::Error("a requirement whose \"from\" is not a list");
  std::vector<Requirement::Seats> alternatives;
  for (const auto& item : json) {
    if (!item.is_object() || item.empty()) throw util::Error("a requirement whose \"from\" holds no seats");
    Requirement::Seats seats;
    for (const auto& [group, count] : item.items()) seats[group] = count_of(count, "from");
    alternatives.push_back(std::move(seats));
  }
  return alternatives;
}

util::Json to_json(const BreakGlass& permitted) {
  return {{"from", permitted.from}, {"review_within", util::to_text(permitted.review_within)}};
}

std::optional<BreakGlass> break_glass_from_json(const util::Json& requirement) {
  const auto found = requirement.find("break_glass");
  if (found == requirement.end() || found->is_null()) return std::nullopt;
  if (!found->is_object()) throw util::Error("a requirement whose \"break_glass\" is not an object");
  BreakGlass permitted;
  permitted.review_within = duration_member(*found, "review_within");
  const auto is_text = [](const util::Json& value) { return value.is_string(); };
  const util::Json& from = member(*found, "from");
  if (!from.is_array() || from.empty()) throw util::Error("a break_glass that is from nobody");
  for (const auto& groups : from) {
    if (!groups.is_array() || !std::all_of(groups.begin(), groups.end(), is_text))
      throw util::Error("a break_glass whose \"from\" is not of lists of groups");
    permitted.from.push_back(groups.get<std::vector<std::string>>());
  }
  return permitted;
}

util::Json to_json(const std::vector<Preview>& previews) {
  util::Json list = util::Json::array();
  for (const auto& preview : previews) {
    list.push_back({{"rule", preview.rule},
                    {"argv", preview.argv},
                    {"timeout", util::to_text(preview.timeout)},
                    {"ignore", preview.ignore},
                    {"exit", preview.exits}});
    if (!preview.why.empty()) list.back()["why"] = preview.why;
  }
  return list;
}

std::vector<std::string> texts_member(const util::Json& json, const char* key) {
  const util::Json& value = member(json, key);
  const auto is_text = [](const util::Json& item) { return item.is_string(); };
  if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_text))
    throw util::Error(std::string("a requirement whose \"") + key + "\" is not a list of texts");
  return value.get<std::vector<std::string>>();
}

std::vector<Preview> previews_from_json(const util::Json& requirement) {
  std::vector<Preview> previews;
  const auto found = requirement.find("preview");
  if (found == requirement.end() || found->is_null()) return previews;
  if (!found->is_array()) throw util::Error("a requirement whose \"preview\" is not a list");
  for (const auto& item : *found) {
    if (!item.is_object() || !member(item, "rule").is_string())
      throw util::Error("a requirement whose \"preview\" names no rule");
    Preview preview;
    preview.rule = item["rule"].get<std::string>();
    preview.argv = texts_member(item, "argv");
    preview.ignore = texts_member(item, "ignore");
    preview.timeout = duration_member(item, "timeout");
    const util::Json& exits = member(item, "exit");
    const auto is_code = [](const util::Json& code) { return code.is_number_integer(); };
    if (!exits.is_array() || !std::all_of(exits.begin(), exits.end(), is_code))
      throw util::Error("a preview whose \"exit\" is not a list of codes");
    preview.exits = exits.get<std::vector<int>>();
    if (item.contains("why") && item["why"].is_string()) preview.why = item["why"].get<std::string>();
    previews.push_back(std::move(preview));
  }
  return previews;
}

// What it is, or nothing: that something unknown is to be kept must not mean that nothing is.
Record record_from_json(const util::Json& requirement) {
  const auto found = requirement.find("record");
  if (found == requirement.end()) return Record::none;
  const auto record = found->is_string() ? parse_record(found->get<std::string>()) : std::nullopt;
  if (!record) throw util::Error("a requirement whose \"record\" is not none, outcome or session");
  return *record;
}

Notices notices_from_json(const util::Json& requirement) {
  Notices notices;
  if (requirement.contains("notify")) notices.to = texts_member(requirement, "notify");
  if (requirement.contains("remind_after"))
    notices.remind_after = duration_member(requirement, "remind_after");
  const auto escalate = requirement.find("escalate");
  if (escalate == requirement.end()) return notices;
  if (!escalate->is_object()) throw util::Error("a requirement whose \"escalate\" is not an object");
  notices.escalate_after = duration_member(*escalate, "after");
  notices.escalate_to = texts_member(*escalate, "to");
  return notices;
}

void add_json(const Notices& notices, util::Json& json) {
  if (!notices.to.empty()) json["notify"] = notices.to;
  if (notices.remind_after) json["remind_after"] = util::to_text(*notices.remind_after);
  if (notices.escalate_after && !notices.escalate_to.empty())
    json["escalate"] = {{"after", util::to_text(*notices.escalate_after)}, {"to", notices.escalate_to}};
}

}  // namespace

std::string owners_of(const std::string& system) {
  return "owners of " + system;
}

util::Json to_json(const std::vector<System>& systems) {
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? util::Json() : util::Json(text);
  };
  util::Json list = util::Json::array();
  for (const auto& system : systems)
    list.push_back({{"name", system.name},
                    {"environment", text_or_null(system.environment)},
                    {"owners", system.owners},
                    {"link", text_or_null(system.link)}});
  return list;
}

std::string to_text(Record record) {
  switch (record) {
    case Record::none:
      return "none";
    case Record::outcome:
      return "outcome";
    case Record::session:
      return "session";
  }
  return "session";
}

std::optional<Record> parse_record(std::string_view text) {
  for (const auto record : {Record::none, Record::outcome, Record::session}) {
    if (to_text(record) == text) return record;
  }
  return std::nullopt;
}

std::string to_text(Effect effect) {
  switch (effect) {
    case Effect::deny:
      return "deny";
    case Effect::ask:
      return "ask";
    case Effect::allow:
      return "allow";
  }
  return "deny";
}

std::vector<Requirement::Seats> Requirement::alternatives() const {
  if (from.empty()) return {Seats{{kAnyone, 1}}};
  return from;
}

util::Json to_json(const Requirement& requirement) {
  util::Json from = util::Json::array();
  for (const auto& seats : requirement.alternatives()) from.push_back(seats);
  util::Json json = {{"from", std::move(from)},
                     {"self", requirement.self},
                     {"expires", util::to_text(requirement.expires)},
                     {"valid_for", util::to_text(requirement.valid_for)},
                     {"uses", requirement.uses},
                     {"deny_threshold", requirement.deny_threshold},
                     {"reason", requirement.reason},
                     {"tickets", requirement.tickets}};
  // Not said where it is not so: what was asked for before there was such a thing reads as it did.
  if (requirement.signatures) json["signed"] = true;
  if (requirement.any_of_rule) json["scope"] = "rule";
  if (requirement.bind_input) json["bind"] = util::Json::array({"stdin"});
  if (!requirement.previews.empty()) json["preview"] = to_json(requirement.previews);
  if (requirement.record != Record::none) json["record"] = to_text(requirement.record);
  if (requirement.break_glass) json["break_glass"] = to_json(*requirement.break_glass);
  add_json(requirement.notices, json);
  return json;
}

Requirement requirement_from_json(const util::Json& json) {
  if (!json.is_object()) throw util::Error("a requirement that is not an object");
  Requirement requirement;
  requirement.from = alternatives_from_json(member(json, "from"));
  requirement.self = flag_member(json, "self");
  requirement.expires = duration_member(json, "expires");
  requirement.valid_for = duration_member(json, "valid_for");
  requirement.uses = count_of(member(json, "uses"), "uses");
  requirement.deny_threshold = count_of(member(json, "deny_threshold"), "deny_threshold");
  requirement.reason = flag_member(json, "reason");
  requirement.signatures = json.contains("signed") && flag_member(json, "signed");
  requirement.break_glass = break_glass_from_json(json);
  requirement.bind_input = json.value("bind", util::Json()) == util::Json::array({"stdin"});
  requirement.previews = previews_from_json(json);
  requirement.record = record_from_json(json);
  requirement.any_of_rule = json.value("scope", util::Json()) == "rule";
  requirement.notices = notices_from_json(json);
  const util::Json& tickets = member(json, "tickets");
  if (!tickets.is_array()) throw util::Error("a requirement whose \"tickets\" is not a list");
  for (const auto& ticket : tickets) {
    if (!ticket.is_string())
      throw util::Error("a requirement whose \"tickets\" holds something else than text");
    requirement.tickets.push_back(ticket.get<std::string>());
  }
  return requirement;
}

Verdict combine(const Verdict& a, const Verdict& b) {
  if (a.effect != b.effect) return a.effect < b.effect ? a : b;
  Verdict both = a;
  append_new(both.rules, b.rules);
  both.labels.insert(b.labels.begin(), b.labels.end());
  both.message = join_messages(a.message, b.message);
  append_new(both.systems, b.systems);
  if (both.unapprovable.empty()) both.unapprovable = b.unapprovable;
  if (a.effect == Effect::ask) both.requirement = combine(a.requirement, b.requirement);
  return both;
}

}  // namespace jit::policy
