#include "yaml/document.hpp"

#include <algorithm>

#include "util/text.hpp"

namespace jit::yaml {

std::string Problem::line() const {
  return util::visible(file) + ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column) + ": " +
         util::visible(text);
}

LoadError::LoadError(std::vector<Problem> problems)
    : UsageError(problems.empty() ? std::string("it does not load") : problems.front().line()),
      m_problems(std::move(problems)) {}

const Node* Node::find(std::string_view key) const {
  const auto entry =
      std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.key.scalar == key; });
  return entry == entries.end() ? nullptr : &entry->value;
}

}  // namespace jit::yaml
