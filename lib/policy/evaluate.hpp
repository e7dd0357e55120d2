#pragma once
#include <string>
#include <vector>

#include "context/source.hpp"
#include "policy/policy_set.hpp"
#include "policy/verdict.hpp"

namespace jit::policy {

/// Why a rule did or did not decide, for one of the commands that were judged.
struct RuleTrace {
  std::string rule, file;
  int line = 0;
  Effect effect = Effect::deny;
  bool matched = false;
  bool shadowed = false;  // it matches, but an earlier rule of its file decided
  std::string judged;     // the command that it was held against: "kubectl delete ns x"
  std::string path;       // the first path that failed; empty when it matched
  std::string why;        // in words: `is "get pods", not "delete *"`
};

/// What the set says about a context. `fallback` is the verdict where no rule matches (the setting
/// `default`). Pure but for what `source` collects. Never throws for what a context holds.
Verdict evaluate(const Set& set, context::Source& source, Effect fallback,
                 std::vector<RuleTrace>* trace = nullptr);

}  // namespace jit::policy
