#include "context/zones.hpp"
#include "policy/draft.hpp"
#include "util/text.hpp"
#include "util/time.hpp"

namespace jit::policy {
namespace {

using yaml::Node;

const std::vector<std::string> kFreezeKeys{"name",  "description", "from",    "to",      "zone",
                                           "match", "effect",      "message", "override"};
const std::vector<std::string> kFreezeEffects{"ask", "deny"};
constexpr std::size_t kDayLength = 10;  // of "2026-12-23"

// When it begins or ends; a day alone is meant from its beginning to its end.
std::optional<util::Time> read_moment(Reader& reader, const Node& freeze, const char* key,
                                      const std::string& zone, bool is_end) {
  const Node* node = reader.required(freeze, key, "a freeze");
  // A date without quotes is one of YAML's own types, and means the same.
  const bool is_scalar = node != nullptr && node->kind == Node::Kind::scalar;
  const auto text = is_scalar         ? std::optional(node->scalar)
                    : node == nullptr ? std::nullopt
                                      : reader.text(*node, "\"" + std::string(key) + "\" of a freeze");
  if (!text) return std::nullopt;
  auto moment = util::parse_rfc3339(*text);
  if (!moment) moment = context::time_in_zone(*text, zone);
  if (!moment) {
    reader.problem(
        *node,
        "\"" + std::string(key) +
            "\" of a freeze is no time: write 2026-12-23, \"2026-12-23 18:00\" or 2026-12-23T18:00:00Z");
  } else if (is_end && text->size() == kDayLength) {
    // The next day's beginning, which need not be 24 hours later.
    const auto next = util::to_rfc3339(*util::parse_rfc3339(*text + "T00:00:00Z") + std::chrono::days{1});
    moment = context::time_in_zone(next.substr(0, kDayLength), zone);
  }
  return moment;
}

std::string read_zone(Reader& reader, const Node& freeze) {
  const Node* node = freeze.find("zone");
  if (node == nullptr) return "UTC";
  const auto text = reader.text(*node, "\"zone\"");
  if (text && context::knows_zone(*text)) return *text;
  if (text)
    reader.problem(*node,
                   "unknown time zone \"" + *text + "\": a name of the tz database, such as Europe/Berlin");
  return "UTC";
}

void read_freeze_effect(Reader& reader, const Node& freeze, Draft& draft, compiled::RuleT& rule) {
  rule.effect = compiled::Effect::deny;
  if (const Node* node = freeze.find("effect")) {
    const auto text = reader.text(*node, "\"effect\" of a freeze");
    if (text && *text != "ask" && *text != "deny")
      reader.problem(*node, "\"effect\" of a freeze must be deny or ask, not \"" + *text + "\"" +
                                util::did_you_mean(*text, kFreezeEffects));
    if (text == "ask") rule.effect = compiled::Effect::ask;
  }
  rule.requirement = default_requirement();
  if (const Node* node = freeze.find("override")) {
    // Who may override it is asked, in addition to whom the rules ask.
    rule.effect = compiled::Effect::ask;
    pack_from(read_from(reader, *node, draft), *rule.requirement);
  }
}

}  // namespace

void read_freeze(Reader& reader, const Node& node, Draft& draft) {
  if (!reader.map_of(node, "a freeze", kFreezeKeys)) return;
  auto freeze = std::make_unique<compiled::FreezeT>();
  freeze->file = reader.file();
  freeze->rule = std::make_unique<compiled::RuleT>();
  compiled::RuleT& rule = *freeze->rule;
  rule.line = static_cast<std::uint32_t>(node.mark.line);
  read_rule_name(reader, node, draft, rule);
  if (const Node* text = node.find("description")) (void)reader.text(*text, "\"description\"");
  const std::string zone = read_zone(reader, node);
  const auto begin = read_moment(reader, node, "from", zone, false);
  const auto end = read_moment(reader, node, "to", zone, true);
  if (begin && end && *begin >= *end) reader.problem(node, "a freeze that ends before it begins");
  freeze->begin = begin.value_or(util::Time{}).time_since_epoch().count();
  freeze->end = end.value_or(util::Time{}).time_since_epoch().count();
  const Node* match = node.find("match");
  freeze->about_asked = match == nullptr;
  if (match != nullptr) {
    rule.match = read_match(reader, *match, draft);
    rule.reads_words = reads_words(draft.set, *rule.match);
    rule.reads_systems = reads_systems(draft.set, *rule.match);
  } else {
    rule.match = std::make_unique<compiled::MatchT>();
    rule.match->join = compiled::Join::all;
  }
  read_freeze_effect(reader, node, draft, rule);
  if (const Node* message = node.find("message"))
    rule.message = reader.text(*message, "\"message\"").value_or("");
  draft.set.freezes.push_back(std::move(freeze));
}

}  // namespace jit::policy
