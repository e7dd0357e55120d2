#pragma once
#include <memory>
#include <string>
#include <vector>

#include "policy/verdict.hpp"
#include "util/json.hpp"

namespace jit::policy {

/// Whether a line of a preview's output is not bound, because the rule ignores it. Not for threads.
class Ignored {
 public:
  explicit Ignored(const Preview& preview);
  ~Ignored();
  Ignored(const Ignored&) = delete;
  Ignored& operator=(const Ignored&) = delete;
  bool ignores(const std::string& line);

 private:
  struct Patterns;
  const Preview& m_preview;
  std::unique_ptr<Patterns> m_patterns;
};

/// What the context's `preview` lacks, or has too much, for who wants these; empty when nothing is wrong. It
/// has one entry for each, made with the words that the rule gives, with an exit code that counts, and with
/// no other lines out of what is bound than the rule ignores. That the output is this program's, is the word
/// of whoever collected the context.
std::string preview_problem(const std::vector<Preview>& wanted, const util::Json& context);

/// Throws UsageError where the context has a `preview` that is not of the form that entries have.
void require_wellformed_previews(const util::Json& context);

}  // namespace jit::policy
