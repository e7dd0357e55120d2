#include "policy/evaluate.hpp"

#include <compiled_generated.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "policy/all_ways.hpp"
#include "policy/candidates.hpp"
#include "policy/each_rule.hpp"
#include "policy/facts.hpp"
#include "policy/fill_preview.hpp"
#include "policy/freezes.hpp"
#include "policy/matching.hpp"
#include "policy/rule_verdict.hpp"
#include "policy/set_data.hpp"
#include "policy/supposed_warnings.hpp"
#include "policy/systems.hpp"
#include "policy/ways.hpp"

namespace jit::policy {
namespace {

Verdict without_rule(Effect effect) {
  Verdict verdict;
  verdict.effect = effect;
  return verdict;
}

class Judge {
 public:
  Judge(const Set::Data& data, context::Source& source, Effect fallback, bool allow_counts,
        std::vector<RuleTrace>* trace)
      : m_data(data),
        m_source(source),
        m_fallback(fallback),
        m_allow_counts(allow_counts),
        m_ways(data, source, allow_counts,
               [this](bool by_itself, const Candidate& candidate) {
                 return system_readings(by_itself, candidate);
               }),
        m_trace(trace),
        m_shared(*data.compiled, source),
        m_freezes(freezes_now(*data.compiled, source)),
        m_candidates(candidates_of(source, data.specs)) {}

  Verdict judge() {
    judge_all();
    if (m_shared.is_spent()) return too_much();
    // Nobody reads of a command that is simply allowed which systems it is about.
    if (m_verdict->effect == Effect::ask || m_trace != nullptr) add_systems();
    return std::move(*m_verdict);
  }

 private:
  void judge_all() {
    for (const auto& candidate : m_candidates.all) judge(candidate);
    if (m_candidates.opaque) add(without_rule(std::min(m_fallback, Effect::ask)));
    // By another name it can only be judged more strictly: no need to look at what is denied.
    if (m_verdict->effect != Effect::deny) {
      for (const auto& alias : aliases().all) judge(alias);
      if (aliases().opaque) add(without_rule(std::min(m_fallback, Effect::ask)));
    }
    // What nobody need be asked about is frozen only by a freeze that says so.
    if (m_verdict->effect == Effect::ask) {
      for (const auto* freeze : m_freezes) {
        if (freeze->about_asked()) add_freeze(*freeze);
      }
    }
  }

  static Verdict too_much() {
    Verdict verdict = without_rule(Effect::deny);
    verdict.message =
        "it runs so much, or can be read in so many ways, that the rules are not held against all of it: "
        "divide it";
    return verdict;
  }

  const Candidates& aliases() {
    if (!m_aliases) m_aliases = aliases_of(m_candidates, m_source, m_data.specs);
    return *m_aliases;
  }

  // Looked for when the first rule asks.
  const Affected& systems() {
    if (m_affected) return *m_affected;
    std::vector<const Candidate*> all;
    if (m_data.compiled->systems()->size() > 0) {
      for (const auto& candidate : m_candidates.all) all.push_back(&candidate);
      for (const auto& candidate : aliases().all) all.push_back(&candidate);
    }
    m_affected = affected(m_shared, all, m_data.regexes);
    if (all.size() > 1) {
      for (const auto* candidate : all)
        m_own.emplace(candidate, affected(m_shared, {candidate}, m_data.regexes));
    }
    return *m_affected;
  }

  // As the whole command can be read and, where it runs others, as this one of them can: that one part is
  // about a system allows no other part. What only runs others is denied for what they are about.
  std::vector<const SystemReading*> system_readings(bool by_itself, const Candidate& candidate) {
    std::vector<const SystemReading*> readings;
    for (const auto& reading : systems().readings) readings.push_back(&reading);
    if (const auto own = m_own.find(&candidate); by_itself && own != m_own.end()) {
      for (const auto& reading : own->second.readings) readings.push_back(&reading);
    }
    return readings;
  }

  void add_systems() {
    m_verdict->systems = systems().systems;
    add_labels(m_verdict->systems, m_verdict->labels);
    if (m_verdict->effect == Effect::ask) seat_owners(m_verdict->systems, *m_verdict);
  }

  void judge(const Candidate& candidate) {
    if (m_shared.is_spent()) return;
    Facts facts(m_shared, candidate);
    bool decided = candidate.alias;
    Ways undecided;  // by any file
    for (const auto* file : *m_data.compiled->files()) {
      for (const auto* rule : deciding_rules(*file, facts, undecided)) {
        decided = true;
        if (!candidate.alias || effect_of(*rule) != Effect::allow) add(verdict_of(*rule, facts));
      }
    }
    for (const auto* freeze : m_freezes) {
      if (!freeze->about_asked() && m_ways.matches(*freeze->rule(), facts)) add_freeze(*freeze);
    }
    const Effect fallback = candidate.certain ? m_fallback : std::min(m_fallback, Effect::ask);
    if (!decided) return add(without_rule(fallback));
    if (!candidate.alias && undecided.any()) add_for_the_rest(fallback);
  }

  // Read in some ways no rule is about it. Then it is no more than what such a command is: one use, soon,
  // this very action, by somebody else than the requester, and not without being asked.
  void add_for_the_rest(Effect fallback) {
    if (fallback != Effect::allow) add(without_rule(fallback));
  }

  // With what is to be shown of this very command.
  Verdict verdict_of(const compiled::Rule& rule, Facts& facts) {
    Verdict verdict = verdict_of_rule(rule);
    // Only who keeps the requests can tell whether it is denied: who else denied it would deny everything.
    if (verdict.effect == Effect::deny && m_ways.is_for_another(rule, facts)) verdict.effect = Effect::ask;
    if (verdict.effect == Effect::ask && rule.requirement() != nullptr &&
        rule.requirement()->preview() != nullptr) {
      // However the systems can be read, it must be the same.
      facts.in(systems().readings.size() == 1 ? &systems().readings.front() : nullptr);
      verdict.requirement.previews.push_back(fill_preview(rule, facts, m_allow_counts));
    }
    return verdict;
  }

  void add(const Verdict& verdict) { m_verdict = m_verdict ? combine(*m_verdict, verdict) : verdict; }

  // Beside what the rules say. Where they ask, too, all but the seats is theirs to say; but nobody overrides
  // it for themselves.
  void add_freeze(const compiled::Freeze& freeze) {
    const bool was_asked = m_verdict && m_verdict->effect == Effect::ask;
    auto terms = was_asked ? m_verdict->requirement : Requirement();
    Verdict frozen = verdict_of_rule(*freeze.rule());
    frozen.message = "frozen until " + end_of(freeze) + (frozen.message.empty() ? "" : ": " + frozen.message);
    add(frozen);
    if (was_asked && m_verdict->effect == Effect::ask) {
      terms.from = std::move(m_verdict->requirement.from);
      terms.self = m_verdict->requirement.self;
      m_verdict->requirement = std::move(terms);
    }
    if (m_trace != nullptr) note_freeze(freeze);
  }

  void note_freeze(const compiled::Freeze& freeze) {
    RuleTrace trace;
    trace.rule = freeze.rule()->name()->str();
    trace.file = freeze.file()->str();
    trace.line = static_cast<int>(freeze.rule()->line());
    trace.effect = effect_of(*freeze.rule());
    trace.matched = true;
    trace.judged = "the time that it is: a freeze, until " + end_of(freeze);
    m_trace->push_back(std::move(trace));
  }

  // Those of a file that decide: for each way to read the command, the first that matches. What only may
  // match, or only in some ways, hides nothing that is behind it: else whoever types could choose the mildest
  // rule by making it doubtful which one is meant. `undecided`: takes away the ways in which one matches.
  std::vector<const compiled::Rule*> deciding_rules(const compiled::File& file, Facts& facts,
                                                    Ways& undecided) {
    std::vector<const compiled::Rule*> deciding;
    Ways open;
    each_rule(file, facts.candidate().name, [&](const compiled::Rule& rule) {
      const bool over = open.is_none();
      if (m_shared.is_spent()) return false;
      if (over) m_shared.count(false);
      const bool matched =
          open.is_all() || over ? m_ways.matches(rule, facts) : m_ways.matches_in(open, rule, facts);
      if (m_trace != nullptr) note(file, rule, facts, matched, over);
      if (matched && !over) {
        // One that allows, where another decides in another way, has nothing to add.
        if (open.is_all() || effect_of(rule) != Effect::allow) deciding.push_back(&rule);
        m_ways.close(open, rule, facts);
      }
      m_shared.count(true);
      return !open.is_none() || m_trace != nullptr;
    });
    undecided.keep(open);
    return deciding;
  }

  void note(const compiled::File& file, const compiled::Rule& rule, Facts& facts, bool matched,
            bool shadowed) {
    RuleTrace trace;
    trace.rule = rule.name()->str();
    trace.file = file.path()->str();
    trace.line = static_cast<int>(rule.line());
    trace.effect = effect_of(rule);
    trace.matched = matched;
    trace.shadowed = matched && shadowed;
    trace.judged = facts.line();
    if (!matched) {
      m_shared.count(false);
      const Failure failure = why_not(rule, facts);
      m_shared.count(true);
      trace.path = failure.path;
      trace.why = failure.why;
    }
    m_trace->push_back(std::move(trace));
  }

  Failure why_not(const compiled::Rule& rule, Facts& facts) {
    const bool strict = effect_of(rule) == Effect::allow;
    Way reading;
    if (strict) reading = m_ways.first_but(Truth::yes, rule, facts).value_or(reading);
    if (reading.systems == nullptr && rule.reads_systems()) reading.systems = &systems().readings.front();
    facts.in(reading.systems);
    Failure failure = explain(*rule.match(), facts, reading.words, m_data.regexes, strict, *m_data.compiled);
    if (failure.path.empty()) {
      const char* why = m_allow_counts ? "may not be all that runs: no allow rule matches it"
                                       : "there are bytes that are not UTF-8: no allow rule matches";
      return {"command.argv", why};
    }
    if (strict && facts.candidate().readings.all.size() > 1 && rule.reads_words()) {
      failure.why +=
          " (in one of " + std::to_string(facts.candidate().readings.all.size()) + " ways to read it)";
    }
    return failure;
  }

  const Set::Data& m_data;
  context::Source& m_source;
  Effect m_fallback;
  bool m_allow_counts;
  AllWays m_ways;
  std::vector<RuleTrace>* m_trace;
  SharedFacts m_shared;
  std::vector<const compiled::Freeze*> m_freezes;  // those that last
  Candidates m_candidates;
  std::optional<Candidates> m_aliases;
  std::optional<Affected> m_affected;
  std::map<const Candidate*, Affected> m_own;
  std::optional<Verdict> m_verdict;
};

// Some value is not what it looks like: its bytes are not UTF-8.
bool holds_raw_bytes(context::Source& source) {
  const util::Json* raw = source.find("raw");
  return raw != nullptr && !raw->empty();
}

// So that the first try works where nothing is installed.
Verdict nothing_installed(Effect fallback) {
  Verdict verdict = without_rule(fallback);
  verdict.requirement.from = {{{kAnyone, 1}}};
  verdict.requirement.self = true;
  return verdict;
}

Verdict judge(const Set::Data& data, context::Source& source, Effect fallback,
              std::vector<RuleTrace>* trace) {
  (void)source.find("command.argv");
  const bool allow_counts = !holds_raw_bytes(source);
  Verdict verdict = Judge(data, source, fallback, allow_counts, trace).judge();
  // What a rule read later may have brought some to light.
  if (allow_counts && holds_raw_bytes(source)) {
    if (trace != nullptr) trace->clear();
    verdict = Judge(data, source, fallback, false, trace).judge();
  }
  return verdict;
}

bool is_same(const Verdict& a, const Verdict& b) {
  return a.effect == b.effect && a.rules == b.rules && a.requirement == b.requirement;
}

}  // namespace

Verdict evaluate(const Set& set, context::Source& source, Effect fallback, std::vector<RuleTrace>* trace) {
  const Set::Data& data = set.data();
  if (data.compiled == nullptr) return nothing_installed(fallback);
  SupposedWarnings known(source);
  Verdict verdict = judge(data, known, fallback, trace);
  // A source of warnings that says nothing may hide some: the stricter verdict stands.
  for (const auto& more : other_readings(known, source)) {
    SupposedWarnings supposed(source, more);
    std::vector<RuleTrace> notes;
    Verdict stricter = combine(verdict, judge(data, supposed, fallback, trace == nullptr ? nullptr : &notes));
    if (is_same(stricter, verdict)) continue;
    verdict = std::move(stricter);
    for (auto& note : notes) {
      note.judged += " (" + to_text(more) + ")";
      trace->push_back(std::move(note));
    }
  }
  return verdict;
}

}  // namespace jit::policy
