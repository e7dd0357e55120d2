#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "util/error.hpp"

namespace jit::yaml {

/// Where a thing stands in a file; both count from 1, columns in bytes. Line 0: not in it, but the file
/// itself.
struct Mark {
  int line = 1;
  int column = 1;
};

/// One thing that is wrong with a file.
struct Problem {
  std::string file;
  Mark mark;
  std::string text;
  /// "prod.yaml:12:9: unknown effect ...", "prod.yaml: no such file ..." - the file's name and the text are
  /// made visible.
  std::string line() const;
};

/// A file that does not load: all that is wrong with it, in order. `what()` is the first problem's line.
class LoadError : public util::UsageError {
 public:
  explicit LoadError(std::vector<Problem> problems);
  const std::vector<Problem>& problems() const { return m_problems; }

 private:
  std::vector<Problem> m_problems;
};

/// A node of a strictly read document. Scalars are kept as written; `plain` tells `no` from `"no"`.
struct Node {
  enum class Kind { scalar, list, map };
  Kind kind = Kind::scalar;
  Mark mark;
  std::string scalar;
  bool plain = false;
  std::vector<Node> items;  // list
  struct Entry;
  std::vector<Entry> entries;                    // map, in the file's order; keys are scalars and unique
  const Node* find(std::string_view key) const;  // the value of a key of a map; nullptr when it has none
};
struct Node::Entry {
  Node key;
  Node value;
};

/// Reads one YAML 1.2 document, strictly: no duplicate keys, anchors, aliases, tags, merge keys, second
/// document, text after it, nulls, plain scalars over several lines, tabs or control characters, invalid
/// UTF-8, BOM, more than 64 deep or 4 MiB. An empty document is a problem. Throws LoadError; `name` is the
/// file's name in it.
Node parse(std::string_view text, const std::string& name);

/// What a plain scalar is, read by its written text: true/false, a decimal integer (no leading zeros), text;
/// anything that readers of YAML disagree on (yes, no, on, off, y, n, null, ~, 010, 0x1f, 1e3, 1.5, .inf,
/// 1:20, a date) is `doubtful` and must be quoted.
enum class ScalarType { text, boolean, integer, doubtful };
ScalarType type_of(const Node& scalar);

}  // namespace jit::yaml
