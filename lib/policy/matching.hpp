#pragma once
#include <cstddef>
#include <string>

#include "policy/facts.hpp"
#include "policy/regexes.hpp"

namespace jit::policy {

namespace compiled {
struct Match;
struct Matcher;
}  // namespace compiled

/// Whether something holds. What nothing is known of may hold: an ask or deny rule then matches, an allow
/// rule does not.
enum class Truth { no, unknown, yes };

Truth negate(Truth truth);

/// Holds a value against a matcher.
Truth holds(const compiled::Matcher& matcher, const Value& value, Regexes& regexes);
/// Holds a candidate, in one of its readings, against a match map.
Truth holds(const compiled::Match& match, Facts& facts, std::size_t reading, Regexes& regexes);

/// The first path that keeps a match map from holding.
struct Failure {
  std::string path, why;
};
/// `strict`: what is unknown counts as failed, as for an allow rule. Both texts are empty when nothing
/// failed.
Failure explain(const compiled::Match& match, Facts& facts, std::size_t reading, Regexes& regexes,
                bool strict, const compiled::Set& set);

/// `"get *" or "describe *"`, `/^v[0-9]/`, `not "main"`.
std::string to_text(const compiled::Matcher& matcher);

}  // namespace jit::policy
