#pragma once
#include <string>
#include <vector>

#include "context/source.hpp"
#include "policy/evaluate.hpp"
#include "util/json.hpp"

namespace jit::policy {

/// A context with some values replaced (`jit-policy explain --set`).
class ReplacedContext {
 public:
  explicit ReplacedContext(util::Json context);
  ~ReplacedContext();
  /// `assignment` is PATH=VALUE; the value is JSON where it parses as such and text otherwise, and text where
  /// the path holds nothing else. Throws UsageError for a path that no context has, or that follows from the
  /// command.
  void set(const std::string& assignment);
  /// Replaces a whole section.
  void put(const std::string& section, util::Json value);
  const util::Json& json() const { return *m_context; }

 private:
  std::unique_ptr<util::Json> m_context;
};

/// A verdict and how it came about, and who may approve as of now.
struct Explanation {
  Verdict verdict;
  std::vector<RuleTrace> traces;
  Roster roster;          // of the groups that the requirement names
  std::string requester;  // empty: not known
};
Explanation explain(const Set& set, context::Source& source, Effect fallback);

/// For a person: the verdict, who may approve, and every rule of the commands that were judged. Made visible.
std::string to_text(const Explanation& explanation, bool color);
/// {"effect", "rules", "requirement", "message", "labels", "context", "trace"}; no requirement but for an
/// ask, no message where there is none: null.
util::Json to_json(const Explanation& explanation, const util::Json& context);

}  // namespace jit::policy
