// The reader of YAML, on any bytes: it gives a tree that is as strict as it says, or a LoadError with places
// inside the text; nothing else.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

#include "yaml/document.hpp"

using jit::yaml::LoadError;
using jit::yaml::Node;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const Node& node, int depth) {
  require(depth <= 65);
  require(node.mark.line >= 1 && node.mark.column >= 1);
  std::set<std::string> keys;
  for (const auto& [key, value] : node.entries) {
    require(key.kind == Node::Kind::scalar && keys.insert(key.scalar).second);
    check(value, depth + 1);
  }
  for (const auto& item : node.items) check(item, depth + 1);
  if (node.kind == Node::Kind::scalar) (void)type_of(node);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
  try {
    check(jit::yaml::parse(text, "fuzz.yaml"), 0);
  } catch (const LoadError& error) {
    require(!error.problems().empty());
    for (const auto& problem : error.problems()) {
      require(problem.mark.line >= 1 && problem.mark.line <= lines + 1 && problem.mark.column >= 1);
    }
  }
  return 0;
}
