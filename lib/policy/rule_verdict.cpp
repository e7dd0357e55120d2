#include "policy/rule_verdict.hpp"

#include <compiled_generated.h>

#include <algorithm>
#include <optional>

namespace jit::policy {
namespace {

std::string text_of(const flatbuffers::String* text) {
  return text == nullptr ? "" : text->str();
}

std::vector<std::string> texts_of(
    const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* packed) {
  std::vector<std::string> texts;
  if (packed == nullptr) return texts;
  for (const auto* text : *packed) texts.push_back(text->str());
  return texts;
}

Notices notices_of(const compiled::Requirement& packed) {
  const auto duration = [](std::int64_t value) {
    return value > 0 ? std::optional(util::Millis{value}) : std::nullopt;
  };
  return {texts_of(packed.notify()), duration(packed.remind_after()), duration(packed.escalate_after()),
          texts_of(packed.escalate_to())};
}

Requirement requirement_of(const compiled::Requirement& packed) {
  Requirement requirement;
  if (packed.from() != nullptr) {
    for (const auto* alternative : *packed.from()) {
      Requirement::Seats seats;
      for (const auto* seat : *alternative->seats()) seats[seat->group()->str()] = seat->count();
      requirement.from.push_back(std::move(seats));
    }
  }
  requirement.self = packed.self();
  requirement.expires = util::Millis{packed.expires()};
  requirement.valid_for = util::Millis{packed.valid_for()};
  requirement.uses = packed.uses();
  requirement.deny_threshold = packed.deny_threshold();
  requirement.reason = packed.reason();
  requirement.signatures = packed.signatures();
  requirement.bind_input = packed.bind_input();
  requirement.any_of_rule = packed.any_of_rule();
  requirement.record = static_cast<Record>(std::min<std::uint8_t>(packed.record(), 2));
  requirement.notices = notices_of(packed);
  if (const auto* permitted = packed.break_glass()) {
    std::vector<std::string> groups;
    for (const auto* group : *permitted->from()) groups.push_back(group->str());
    requirement.break_glass = BreakGlass{{std::move(groups)}, util::Millis{permitted->review_within()}};
  }
  if (std::string ticket = text_of(packed.ticket()); !ticket.empty())
    requirement.tickets.push_back(std::move(ticket));
  return requirement;
}

}  // namespace

// Whatever is not exactly one of the two others denies.
Effect effect_of(const compiled::Rule& rule) {
  if (rule.effect() == compiled::Effect::allow) return Effect::allow;
  return rule.effect() == compiled::Effect::ask ? Effect::ask : Effect::deny;
}

Verdict verdict_of_rule(const compiled::Rule& rule) {
  Verdict verdict;
  verdict.effect = effect_of(rule);
  verdict.rules.push_back(rule.name()->str());
  verdict.message = text_of(rule.message());
  if (rule.requirement() != nullptr) verdict.requirement = requirement_of(*rule.requirement());
  if (rule.labels() != nullptr) {
    for (const auto* label : *rule.labels()) verdict.labels[label->name()->str()] = label->value()->str();
  }
  return verdict;
}

}  // namespace jit::policy
