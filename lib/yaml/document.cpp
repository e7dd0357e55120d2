#include "yaml/document.hpp"

#include <algorithm>

#include "util/text.hpp"

namespace jit::yaml {

std::string Problem::line() const {
  const std::string place =
      mark.line == 0 ? "" : ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column);
  return util::visible(file) + place + ": " + util::visible(text);
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
