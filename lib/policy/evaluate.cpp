#include "policy/evaluate.hpp"

#include <compiled_generated.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "policy/candidates.hpp"
#include "policy/facts.hpp"
#include "policy/fill_preview.hpp"
#include "policy/matching.hpp"
#include "policy/set_data.hpp"
#include "policy/supposed_warnings.hpp"

namespace jit::policy {
namespace {

std::string text_of(const flatbuffers::String* text) {
  return text == nullptr ? "" : text->str();
}

// Whatever is not exactly one of the two others denies.
Effect effect_of(const compiled::Rule& rule) {
  if (rule.effect() == compiled::Effect::allow) return Effect::allow;
  return rule.effect() == compiled::Effect::ask ? Effect::ask : Effect::deny;
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

Verdict verdict_without_preview(const compiled::Rule& rule) {
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

Verdict without_rule(Effect effect) {
  Verdict verdict;
  verdict.effect = effect;
  return verdict;
}

// Calls `visit` with the rules of a file that may match a command of this name, in the file's order, until it
// says that it has seen enough.
template <typename Visit>
void each_rule(const compiled::File& file, const std::string& name, Visit visit) {
  const auto* entry = file.named()->LookupByKey(name.c_str());
  const auto* named = entry == nullptr ? nullptr : entry->rules();
  const auto* others = file.others();
  const std::uint32_t named_count = named == nullptr ? 0 : named->size();
  std::uint32_t i = 0;
  std::uint32_t j = 0;
  while (i < named_count || j < others->size()) {
    const bool take_named = i < named_count && (j == others->size() || named->Get(i) < others->Get(j));
    const std::uint32_t index = take_named ? named->Get(i++) : others->Get(j++);
    if (index < file.rules()->size() && !visit(*file.rules()->Get(index))) return;
  }
}

std::vector<const compiled::Freeze*> freezes_now(const compiled::Set& set, context::Source& source) {
  std::vector<const compiled::Freeze*> lasting;
  if (set.freezes()->size() == 0) return lasting;
  const util::Json* at = source.find("time.at");
  const auto time =
      at != nullptr && at->is_string() ? util::parse_rfc3339(at->get<std::string>()) : std::nullopt;
  if (!time) return lasting;  // an example in a policy; what is judged has a time
  const std::int64_t now = time->time_since_epoch().count();
  for (const auto* freeze : *set.freezes()) {
    if (freeze->begin() <= now && now < freeze->end()) lasting.push_back(freeze);
  }
  return lasting;
}

// As people read it: to the second, or the minute.
std::string end_of(const compiled::Freeze& freeze) {
  std::string text = util::to_rfc3339(util::Time{util::Millis{freeze.end()}});
  for (const std::string_view nothing : {".000Z", ":00"}) {
    if (text.ends_with(nothing)) text.resize(text.size() - nothing.size());
  }
  return text + "Z";
}

class Judge {
 public:
  Judge(const Set::Data& data, context::Source& source, Effect fallback, bool allow_counts,
        std::vector<RuleTrace>* trace)
      : m_data(data),
        m_source(source),
        m_fallback(fallback),
        m_allow_counts(allow_counts),
        m_trace(trace),
        m_shared(*data.compiled, source),
        m_freezes(freezes_now(*data.compiled, source)) {}

  Verdict judge() {
    const Candidates candidates = candidates_of(m_source, m_data.specs);
    for (const auto& candidate : candidates.all) judge(candidate);
    if (candidates.opaque) add(without_rule(std::min(m_fallback, Effect::ask)));
    // By another name an inner command can only be judged more strictly: no need to look where nothing is
    // allowed.
    if (m_verdict->effect == Effect::allow) {
      for (const auto& alias : inner_aliases(candidates, m_source, m_data.specs)) judge(alias);
    }
    // What nobody need be asked about is frozen only by a freeze that says so.
    if (m_verdict->effect == Effect::ask) {
      for (const auto* freeze : m_freezes) {
        if (freeze->about_asked()) add_freeze(*freeze);
      }
    }
    return std::move(*m_verdict);
  }

 private:
  void judge(const Candidate& candidate) {
    Facts facts(m_shared, candidate);
    bool decided = candidate.alias;
    for (const auto* file : *m_data.compiled->files()) {
      const compiled::Rule* rule = first_match(*file, facts);
      if (rule == nullptr) continue;
      decided = true;
      if (!candidate.alias || effect_of(*rule) != Effect::allow) add(verdict_of(*rule, facts));
    }
    for (const auto* freeze : m_freezes) {
      if (!freeze->about_asked() && matches(*freeze->rule(), facts)) add_freeze(*freeze);
    }
    if (!decided) add(without_rule(candidate.certain ? m_fallback : std::min(m_fallback, Effect::ask)));
  }

  // With what is to be shown of this very command.
  Verdict verdict_of(const compiled::Rule& rule, Facts& facts) {
    Verdict verdict = verdict_without_preview(rule);
    if (verdict.effect == Effect::ask && rule.requirement() != nullptr &&
        rule.requirement()->preview() != nullptr)
      verdict.requirement.previews.push_back(fill_preview(rule, facts, m_allow_counts));
    return verdict;
  }

  void add(const Verdict& verdict) { m_verdict = m_verdict ? combine(*m_verdict, verdict) : verdict; }

  // Beside what the rules say. Where they ask, too, all but the seats is theirs to say.
  void add_freeze(const compiled::Freeze& freeze) {
    const bool was_asked = m_verdict && m_verdict->effect == Effect::ask;
    auto terms = was_asked ? m_verdict->requirement : Requirement();
    Verdict frozen = verdict_without_preview(*freeze.rule());
    frozen.message = "frozen until " + end_of(freeze) + (frozen.message.empty() ? "" : ": " + frozen.message);
    add(frozen);
    if (was_asked && m_verdict->effect == Effect::ask) {
      terms.from = std::move(m_verdict->requirement.from);
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

  const compiled::Rule* first_match(const compiled::File& file, Facts& facts) {
    const compiled::Rule* first = nullptr;
    each_rule(file, facts.candidate().name, [&](const compiled::Rule& rule) {
      const bool matched = matches(rule, facts);
      if (m_trace != nullptr) note(file, rule, facts, matched, first != nullptr);
      if (matched && first == nullptr) first = &rule;
      return first == nullptr || m_trace != nullptr;
    });
    return first;
  }

  // An allow rule needs every reading of the command line to hold, the others any that may.
  bool matches(const compiled::Rule& rule, Facts& facts) {
    facts.mistrust_hidden(effect_of(rule) == Effect::allow);
    if (effect_of(rule) != Effect::allow) return first_reading_but(Truth::no, rule, facts).has_value();
    if (!m_allow_counts || !facts.candidate().certain) return false;
    return !first_reading_but(Truth::yes, rule, facts).has_value();
  }

  // The first reading for which the rule's truth is another.
  std::optional<std::size_t> first_reading_but(Truth truth, const compiled::Rule& rule, Facts& facts) {
    const std::size_t count = rule.reads_words() ? facts.candidate().readings.all.size() : 1;
    for (std::size_t reading = 0; reading < count; ++reading) {
      if (holds(*rule.match(), facts, reading, m_data.regexes) != truth) return reading;
    }
    return std::nullopt;
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
      const Failure failure = why_not(rule, facts);
      trace.path = failure.path;
      trace.why = failure.why;
    }
    m_trace->push_back(std::move(trace));
  }

  Failure why_not(const compiled::Rule& rule, Facts& facts) {
    const bool strict = effect_of(rule) == Effect::allow;
    const std::size_t reading = strict ? first_reading_but(Truth::yes, rule, facts).value_or(0) : 0;
    Failure failure = explain(*rule.match(), facts, reading, m_data.regexes, strict, *m_data.compiled);
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
  std::vector<RuleTrace>* m_trace;
  SharedFacts m_shared;
  std::vector<const compiled::Freeze*> m_freezes;  // those that last
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
