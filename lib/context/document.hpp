#pragma once
#include <memory>

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

}  // namespace jit::context
