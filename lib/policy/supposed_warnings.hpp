#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "context/source.hpp"

namespace jit::policy {

/// A context with other counts of warnings; it notes which of them are looked at.
class SupposedWarnings final : public context::Source {
 public:
  /// What is supposed besides what is known.
  struct More {
    std::int64_t critical = 0, warning = 0;
  };
  explicit SupposedWarnings(context::Source& source);
  SupposedWarnings(context::Source& source, More more);
  ~SupposedWarnings() override;
  const util::Json* find(std::string_view path) override;

  bool reads_critical() const { return m_reads_critical; }
  bool reads_warning() const { return m_reads_warning; }

 private:
  const util::Json* supposed(const util::Json* known, std::int64_t more, std::unique_ptr<util::Json>& place);

  context::Source& m_source;
  More m_more;
  bool m_reads_critical = false, m_reads_warning = false;
  std::unique_ptr<util::Json> m_critical, m_warning;
};

/// The other ways to read a context in which something is unknown of the warnings: behind it there may be one
/// of those that rules have looked at, or many. None where nothing is unknown, or nobody looked.
std::vector<SupposedWarnings::More> other_readings(const SupposedWarnings& looked_at,
                                                   context::Source& source);
/// "if what is unknown were critical": for a person.
std::string to_text(const SupposedWarnings::More& more);

}  // namespace jit::policy
