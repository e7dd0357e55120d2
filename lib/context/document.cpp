#include "context/document.hpp"

#include <nlohmann/json.hpp>

namespace jit::context {

Document::Document(util::Json context) : m_context(std::make_unique<util::Json>(std::move(context))) {}

Document::~Document() = default;

const util::Json* Document::find(std::string_view path) {
  return is_zoned(path) ? m_zoned.find(path, find_in(*m_context, "time.at")) : find_in(*m_context, path);
}

}  // namespace jit::context
