#include "policy/systems.hpp"

#include <compiled_generated.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "policy/matching.hpp"
#include "policy/set_data.hpp"
#include "util/text.hpp"

namespace jit::policy {
namespace {

System system_of(const compiled::System& packed) {
  const auto text = [](const flatbuffers::String* value) { return value == nullptr ? "" : value->str(); };
  System system{packed.name()->str(), text(packed.environment()), text(packed.link())};
  for (const auto* owner : *packed.owners()) system.owners.push_back(owner->str());
  return system;
}

void add_new(std::vector<std::string>& words, const std::string& word) {
  if (!word.empty() && std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
}

// For one candidate: `no` only if no reading of it may be about the system, `yes` only if each surely is.
Truth is_about(const compiled::System& system, SharedFacts& shared, const Candidate& candidate,
               Regexes& regexes) {
  Facts facts(shared, candidate);
  const std::size_t count = system.reads_words() ? candidate.readings.all.size() : 1;
  bool any = false;
  bool all = candidate.certain && !candidate.alias;
  for (std::size_t reading = 0; reading < count; ++reading) {
    facts.mistrust_hidden(false);
    any = any || holds(*system.match(), facts, reading, regexes) != Truth::no;
    facts.mistrust_hidden(true);
    all = all && holds(*system.match(), facts, reading, regexes) == Truth::yes;
  }
  if (all && count > 0) return Truth::yes;
  return any ? Truth::unknown : Truth::no;
}

}  // namespace

SystemReading::SystemReading(const std::vector<System>& systems) {
  std::vector<std::string> names;
  std::vector<std::string> environments;
  std::vector<std::string> owners;
  std::vector<std::string> links;
  for (const auto& system : systems) {
    add_new(names, system.name);
    add_new(environments, system.environment);
    add_new(links, system.link);
    for (const auto& owner : system.owners) add_new(owners, owner);
  }
  put("labels.system", names);
  put("labels.environment", environments);
  put("systems.name", std::move(names));
  put("systems.environment", std::move(environments));
  put("systems.owners", std::move(owners));
  put("systems.link", std::move(links));
}

void SystemReading::put(const std::string& path, std::vector<std::string> words) {
  if (words.empty()) return;
  Entry& entry = m_values[path];
  entry.words = std::move(words);
  entry.value.kind = Value::Kind::words;
  entry.value.words = &entry.words;
}

const Value* SystemReading::find(std::string_view path) const {
  const auto found = m_values.find(path);
  return found == m_values.end() ? nullptr : &found->second.value;
}

Affected affected(SharedFacts& shared, const std::vector<const Candidate*>& candidates, Regexes& regexes) {
  Affected result;
  bool any_certain = false;
  for (const auto* system : *shared.set().systems()) {
    Truth about = Truth::no;
    for (const auto* candidate : candidates)
      about = std::max(about, is_about(*system, shared, *candidate, regexes));
    if (about == Truth::no) continue;
    any_certain = any_certain || about == Truth::yes;
    result.systems.push_back(system_of(*system));
  }
  for (const auto& system : result.systems) result.readings.emplace_back(std::vector<System>{system});
  if (result.systems.size() > 1) result.readings.emplace_back(result.systems);
  if (!any_certain) result.readings.emplace_back();
  return result;
}

std::vector<System> systems_of(const Set& set, context::Source& source) {
  const auto& data = set.data();
  if (data.compiled == nullptr || data.compiled->systems()->size() == 0) return {};
  SharedFacts shared(*data.compiled, source);
  const auto candidates = candidates_of(source, data.specs);
  const auto aliases = aliases_of(candidates, source, data.specs);
  std::vector<const Candidate*> all;
  for (const auto* some : {&candidates.all, &aliases.all}) {
    for (const auto& candidate : *some) all.push_back(&candidate);
  }
  return affected(shared, all, data.regexes).systems;
}

void add_systems(const Set& set, context::Source& source, Verdict& verdict) {
  verdict.systems = systems_of(set, source);
  add_labels(verdict.systems, verdict.labels);
}

void add_labels(const std::vector<System>& systems, std::map<std::string, std::string>& labels) {
  std::vector<std::string> names;
  std::vector<std::string> environments;
  for (const auto& system : systems) {
    add_new(names, system.name);
    add_new(environments, system.environment);
  }
  if (!names.empty()) labels["system"] = util::join(names, ", ");
  if (!environments.empty()) labels["environment"] = util::join(environments, ", ");
}

}  // namespace jit::policy
