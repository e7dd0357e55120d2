#include "policy/all_ways.hpp"

#include <compiled_generated.h>

#include <algorithm>

#include "policy/rule_verdict.hpp"

namespace jit::policy {
namespace {

bool reads_activity(const compiled::Set& set, const compiled::Match& match) {
  if (match.join() == compiled::Join::path)
    return match.path() < set.paths()->size() &&
           set.paths()->Get(match.path())->text()->str().starts_with("activity.");
  return match.parts() != nullptr &&
         std::any_of(match.parts()->begin(), match.parts()->end(),
                     [&](const auto* part) { return reads_activity(set, *part); });
}

}  // namespace

bool AllWays::matches(const compiled::Rule& rule, Facts& facts) const {
  const bool allows = effect_of(rule) == Effect::allow;
  facts.mistrust_hidden(allows);
  if (!allows) return first_but(Truth::no, rule, facts).has_value();
  return may_allow(facts) && !first_but(Truth::yes, rule, facts);
}

bool AllWays::matches_in(const Ways& open, const compiled::Rule& rule, Facts& facts) const {
  const bool allows = effect_of(rule) == Effect::allow;
  if (allows && !may_allow(facts)) return false;
  facts.mistrust_hidden(allows);
  const auto ways = ways_of(facts.candidate());
  for (std::size_t way = 0; way < ways.size(); ++way) {
    const Truth truth = open.has(way) ? holds_in(ways[way], rule, facts) : Truth::no;
    if (allows ? truth == Truth::yes : truth != Truth::no) return true;
  }
  return false;
}

void AllWays::close(Ways& open, const compiled::Rule& rule, Facts& facts) const {
  const bool elsewhere = is_known_elsewhere(rule);
  facts.mistrust_hidden(!elsewhere);
  if (open.is_all() && !first_but(Truth::yes, rule, facts)) return open.close_all();
  const auto ways = ways_of(facts.candidate());
  open.count(ways.size());
  for (std::size_t way = 0; way < ways.size(); ++way) {
    const Truth truth = open.has(way) ? holds_in(ways[way], rule, facts) : Truth::no;
    if (truth == Truth::yes || (elsewhere && truth == Truth::unknown)) open.close(way);
  }
}

std::optional<Way> AllWays::first_but(Truth truth, const compiled::Rule& rule, Facts& facts) const {
  if (!rule.reads_systems()) return first_words_but(truth, rule, facts, nullptr);
  const bool by_itself = facts.candidate().inner || effect_of(rule) == Effect::allow;
  for (const auto* reading : m_systems_of(by_itself, facts.candidate())) {
    if (const auto found = first_words_but(truth, rule, facts, reading)) return found;
  }
  return std::nullopt;
}

bool AllWays::is_for_another(const compiled::Rule& rule, Facts& facts) const {
  if (!is_known_elsewhere(rule)) return false;
  for (const auto* reading : m_systems_of(facts.candidate().inner, facts.candidate())) {
    facts.in(reading);
    for (std::size_t words = 0; words < facts.candidate().readings.all.size(); ++words) {
      if (holds(*rule.match(), facts, words, m_data.regexes) == Truth::yes) return false;
    }
  }
  return true;
}

bool AllWays::may_allow(const Facts& facts) const {
  return m_allow_counts && facts.candidate().certain;
}

// It reads what goes on, and that is not known here.
bool AllWays::is_known_elsewhere(const compiled::Rule& rule) const {
  return reads_activity(*m_data.compiled, *rule.match()) && m_source.find("activity.why") != nullptr;
}

// Every reading of the words with every one of the systems.
std::vector<Way> AllWays::ways_of(const Candidate& candidate) const {
  std::vector<const SystemReading*> readings{nullptr};
  if (m_data.compiled->systems()->size() > 0) readings = m_systems_of(candidate.inner, candidate);
  std::vector<Way> ways;
  for (const auto* systems : readings) {
    for (std::size_t words = 0; words < candidate.readings.all.size(); ++words)
      ways.push_back({words, systems});
  }
  return ways;
}

Truth AllWays::holds_in(const Way& way, const compiled::Rule& rule, Facts& facts) const {
  facts.in(rule.reads_systems() ? way.systems : nullptr);
  return holds(*rule.match(), facts, rule.reads_words() ? way.words : 0, m_data.regexes);
}

std::optional<Way> AllWays::first_words_but(Truth truth, const compiled::Rule& rule, Facts& facts,
                                            const SystemReading* systems) const {
  const std::size_t count = rule.reads_words() ? facts.candidate().readings.all.size() : 1;
  facts.in(systems);
  for (std::size_t words = 0; words < count; ++words) {
    if (holds(*rule.match(), facts, words, m_data.regexes) != truth) return Way{words, systems};
  }
  return std::nullopt;
}

}  // namespace jit::policy
