#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "policy/facts.hpp"
#include "policy/matching.hpp"
#include "policy/set_data.hpp"
#include "policy/systems.hpp"
#include "policy/ways.hpp"

namespace jit::policy {

namespace compiled {
struct Rule;
}

/// One reading of the command line, and one of the systems that it is about.
struct Way {
  std::size_t words = 0;
  const SystemReading* systems = nullptr;
};

/// Holds a rule against a command in every way to read it.
class AllWays {
 public:
  /// How the systems that a command is about can be read: of the whole and, `by_itself`, of this one alone.
  using SystemsOf = std::function<std::vector<const SystemReading*>(bool by_itself, const Candidate&)>;
  /// All must outlive it. `allow_counts`: false where no rule may allow.
  AllWays(const Set::Data& data, context::Source& source, bool allow_counts, SystemsOf systems_of)
      : m_data(data), m_source(source), m_allow_counts(allow_counts), m_systems_of(std::move(systems_of)) {}

  /// Whether it counts: a rule that allows needs every way to hold, the others any that may.
  bool matches(const compiled::Rule& rule, Facts& facts) const;
  /// Whether it counts in one of those that are left.
  bool matches_in(const Ways& open, const compiled::Rule& rule, Facts& facts) const;
  /// Takes away those in which it surely matches. What goes on elsewhere is for who keeps the requests to
  /// say.
  void close(Ways& open, const compiled::Rule& rule, Facts& facts) const;
  /// The first in which the rule's truth is another.
  std::optional<Way> first_but(Truth truth, const compiled::Rule& rule, Facts& facts) const;
  /// It may match for what goes on, which is not known here, and nothing says that it does.
  bool is_for_another(const compiled::Rule& rule, Facts& facts) const;

 private:
  bool may_allow(const Facts& facts) const;
  bool is_known_elsewhere(const compiled::Rule& rule) const;
  std::vector<Way> ways_of(const Candidate& candidate) const;
  Truth holds_in(const Way& way, const compiled::Rule& rule, Facts& facts) const;
  std::optional<Way> first_words_but(Truth truth, const compiled::Rule& rule, Facts& facts,
                                     const SystemReading* systems) const;

  const Set::Data& m_data;
  context::Source& m_source;
  const bool m_allow_counts;
  const SystemsOf m_systems_of;
};

}  // namespace jit::policy
