#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "context/source.hpp"
#include "policy/candidates.hpp"
#include "policy/facts.hpp"
#include "policy/policy_set.hpp"
#include "policy/regexes.hpp"
#include "policy/verdict.hpp"

namespace jit::policy {

/// One way to say which systems a command is about, as rules read it: the values of `systems.*` and of the
/// labels that systems give. A label that is not here is the requester's.
class SystemReading {
 public:
  SystemReading() = default;
  SystemReading(SystemReading&&) noexcept = default;
  SystemReading& operator=(SystemReading&&) noexcept = default;
  SystemReading(const SystemReading&) = delete;  // values point into it
  SystemReading& operator=(const SystemReading&) = delete;
  ~SystemReading() = default;
  explicit SystemReading(const std::vector<System>& systems);
  /// nullptr where the systems do not say it.
  const Value* find(std::string_view path) const;

 private:
  void put(const std::string& path, std::vector<std::string> words);
  struct Entry {
    std::vector<std::string> words;
    Value value;  // of `words`
  };
  std::map<std::string, Entry, std::less<>> m_values;
};

/// The systems that a command, or what it runs, is about. One is when its match may hold: in any reading of
/// the command line, also where it cannot be told.
struct Affected {
  std::vector<System> systems;  // in the set's order
  /// Each of them by itself; all of them together, where there are several; and none, where it is not certain
  /// of any that the command is about it. Ask and deny rules count in any of these, allow rules in all.
  std::vector<SystemReading> readings;
};

/// `candidates`: the command, and what it runs by whatever name.
Affected affected(SharedFacts& shared, const std::vector<const Candidate*>& candidates, Regexes& regexes);

/// The same, for who needs no more. Never reads `activity` or `warnings`.
std::vector<System> systems_of(const Set& set, context::Source& source);

/// Gives a verdict that does not ask its systems, and their labels.
void add_systems(const Set& set, context::Source& source, Verdict& verdict);

/// What systems say over what the rules and the requester said: `labels.system` and `labels.environment`.
void add_labels(const std::vector<System>& systems, std::map<std::string, std::string>& labels);

/// Puts the owners of each of these systems in the place of "owners". Where there are none to put, that
/// alternative can never be filled: the verdict then says why nobody could approve, unless another remains.
void seat_owners(const std::vector<System>& systems, Verdict& verdict);

}  // namespace jit::policy
