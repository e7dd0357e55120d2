#pragma once
#include <memory>
#include <string>
#include <vector>

#include "context/source.hpp"
#include "context/zones.hpp"

namespace jit::context {

/// A context that is there as a whole.
class Document final : public Source {
 public:
  explicit Document(util::Json context);
  ~Document() override;
  const util::Json* find(std::string_view path) override;
  const util::Json& json() const { return *m_context; }

 private:
  std::unique_ptr<util::Json> m_context;
  ZonedTimes m_zoned;
};

/// The words of the command as bytes, those that are not UTF-8 included (from the context's `raw`). Takes
/// whatever a client gives: a word that is no text stands as JSON; none where there is no list of words.
std::vector<std::string> argv_of(const util::Json& context);

/// The words as the one line of text that people read. Trails are verified by it: the same words make the
/// same line for ever.
std::string shown_line(const std::vector<std::string>& argv);

}  // namespace jit::context
