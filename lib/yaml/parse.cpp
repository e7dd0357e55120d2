// yaml-cpp reads the text; everything that it lets pass is refused here.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_map>

#include "util/text.hpp"
#include "yaml/document.hpp"
#include "yaml/source.hpp"

namespace jit::yaml {
namespace {

constexpr std::size_t kMaxBytes = 4U << 20U;
constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxProblems = 50;

// Behind the text comes a document of our own. Reading exactly one before it proves that the text is one
// document that ends where it seems to: an unclosed quote or bracket, text after the end, and an empty file
// all disturb that.
constexpr const char* kEndDocument = "--- end\n";

struct TooDeep {};

std::string shortened(const std::string& text) {
  return text.size() <= 80 ? text : util::escape_invalid_utf8(text.substr(0, 77)) + "...";
}

class Builder final : public YAML::EventHandler {
 public:
  Builder(const Source& source, std::string name) : m_source(source), m_name(std::move(name)) {}

  std::vector<Problem> problems;
  Node root;
  std::size_t document_start = 0;
  std::size_t last_event = 0;

  void OnDocumentStart(const YAML::Mark& mark) override {
    document_start = static_cast<std::size_t>(mark.pos);
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    if (m_open.empty()) {
      report({1, 1}, "there is nothing in it");
    } else if (m_open.back().wants_key()) {
      report(to_mark(mark), "a key is missing or null");
    } else if (m_open.back().key) {
      const Node& key = *m_open.back().key;
      report(key.mark,
             "\"" + shortened(key.scalar) + "\" has no value (null); give it one, or leave the key away");
    } else {
      report(to_mark(mark), "an entry of the list is empty (null)");
    }
    add(scalar_node(mark));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    report(to_mark(mark), "an alias ('*name'); write the value itself");
    add(scalar_node(mark));
  }

  void OnAnchor(const YAML::Mark& mark, const std::string& /*name*/) override {
    report(to_mark(mark), "an anchor ('&name'); write each value where it is used");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = scalar_node(mark);
    node.scalar = value;
    node.plain = tag == "?";
    if (anchor == 0)
      check_scalar(node, static_cast<std::size_t>(mark.pos), tag);  // else it is reported already
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {
    open(Node::Kind::list, mark, tag);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    open(Node::Kind::map, mark, tag);
  }
  void OnMapEnd() override { close(); }

  void report(Mark mark, std::string text) {
    if (problems.size() < kMaxProblems) problems.push_back({m_name, mark, std::move(text)});
  }

 private:
  // A list or map that is being read.
  struct Open {
    Node node;
    std::optional<Node> key;
    std::unordered_map<std::string, Mark> seen;
    bool wants_key() const { return node.kind == Node::Kind::map && !key; }
  };

  static Mark to_mark(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

  Node scalar_node(const YAML::Mark& mark) {
    last_event = static_cast<std::size_t>(mark.pos);
    Node node;
    node.mark = to_mark(mark);
    return node;
  }

  void check_scalar(const Node& node, std::size_t position, const std::string& tag) {
    check_written(node, position, tag);
    const auto forbidden = [](char c) {
      return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
    };
    if (std::any_of(node.scalar.begin(), node.scalar.end(), forbidden)) {
      report(node.mark, "a control character, written as an escape");
    } else if (!util::is_utf8(node.scalar)) {
      report(node.mark, "an escape that is no character");
    }
    if (!m_open.empty() && m_open.back().wants_key()) check_key(node, position);
  }

  // Holds what was read against what is written there.
  void check_written(const Node& node, std::size_t position, const std::string& tag) {
    constexpr std::string_view kNotPlain = "\"'|>";
    const char first = m_source.at(position);
    if (tag != "?" && (tag != "!" || kNotPlain.find(first) == std::string_view::npos)) {
      report(node.mark, "a tag ('!name'); leave it away");
    } else if (node.plain && !m_source.has(position, node.scalar)) {
      report(
          node.mark,
          "text without quotes that goes on in the next line; is a ':' or '-' missing or the indent wrong? "
          "(quote it when it is meant so)");
    } else if (first == '"' || first == '\'') {
      // A forgotten quote pairs up with the next one, and all that stands between them is lost in silence.
      if (m_source.swallows_entry(position)) {
        report(node.mark, "a quoted text that reaches over a whole entry; is its closing quote missing?");
      }
    }
  }

  void check_key(const Node& key, std::size_t position) {
    const std::size_t end = key.plain ? position + key.scalar.size() : m_source.end_of_quoted(position);
    if (key.plain && key.scalar == "<<") {
      report(key.mark, "a merge key ('<<'); write the keys themselves");
    } else if (!m_source.is_simple_key(position, end)) {
      report(key.mark, "a key that no ':' follows in its line");
    }
    const auto [first, is_new] = m_open.back().seen.emplace(key.scalar, key.mark);
    if (!is_new) {
      report(key.mark, "the key \"" + shortened(key.scalar) + "\" stands twice; first in line " +
                           std::to_string(first->second.line));
    }
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag) {
    Open opened;
    opened.node = scalar_node(mark);
    opened.node.kind = kind;
    if (tag != "?") report(opened.node.mark, "a tag ('!name'); leave it away");
    if (m_open.size() >= kMaxDepth) {
      report(opened.node.mark, "nested more than " + std::to_string(kMaxDepth) + " deep");
      throw TooDeep{};
    }
    m_open.push_back(std::move(opened));
  }

  void close() {
    Node node = std::move(m_open.back().node);
    m_open.pop_back();
    if (!m_open.empty() && m_open.back().wants_key()) {
      report(node.mark, "a list or map as a key; keys are text");
      node = Node{Node::Kind::scalar, node.mark, {}, false, {}, {}};
    }
    add(std::move(node));
  }

  void add(Node node) {
    if (m_open.empty()) {
      root = std::move(node);
      return;
    }
    Open& parent = m_open.back();
    if (parent.node.kind == Node::Kind::list) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      parent.key = std::move(node);
    } else {
      parent.node.entries.push_back({std::move(*parent.key), std::move(node)});
      parent.key.reset();
    }
  }

  const Source& m_source;
  std::string m_name;
  std::vector<Open> m_open;
};

// yaml-cpp's words for the mistakes that people make, in words that say what to do.
std::string explain(const std::string& message) {
  static const std::map<std::string_view, const char*> kWords{
      {"illegal map value",
       "a ':' that does not belong here; is the line above complete, or must this be quoted?"},
      {"illegal block entry", "a '-' that does not belong here; a list starts in a line of its own"},
      {"end of map not found", "not an entry of the map that it stands in; is the indent right?"},
      {"end of sequence not found", "not an entry of the list that it stands in; is the indent right?"},
      {"end of map flow not found", "a '{' before this is not closed"},
      {"end of sequence flow not found", "a '[' before this is not closed"},
      {"illegal flow end", "a ']' or '}' that nothing opens"},
      {"unknown token", "a character that cannot start a value; quote it"},
  };
  const auto words = kWords.find(message);
  return words == kWords.end() ? "not YAML: " + message : words->second;
}

void report_syntax(Builder& builder, const Source& source, std::size_t size,
                   const YAML::ParserException& error) {
  const bool in_quotes = error.msg.find("in scalar") != std::string::npos;
  const std::size_t quote =
      in_quotes ? source.find_unclosed_quote(builder.last_event) : std::string_view::npos;
  if (quote != std::string_view::npos) {
    builder.report(source.mark_at(quote), "a quote that is never closed");
    return;
  }
  const Mark end = source.mark_at(size);
  const Mark mark{error.mark.line + 1, error.mark.column + 1};
  const bool inside = error.mark.line >= 0 && mark.line <= end.line;
  builder.report(inside ? mark : end, explain(error.msg));
}

// Reads all documents; the result is in the builder.
void read(Builder& builder, const Source& source, const std::string& text, std::size_t size) {
  std::istringstream stream(text);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder) || builder.document_start >= size) {
      builder.problems.clear();
      builder.report({1, 1}, "there is nothing in it");
      return;
    }
    Builder rest(source, {});
    const bool is_end =
        parser.HandleNextDocument(rest) && rest.document_start >= size && rest.root.scalar == "end";
    if (!is_end) {
      builder.report(source.mark_at(rest.document_start),
                     "something after the end of the document; is the indent right? (one document a file)");
    }
  } catch (const YAML::ParserException& error) {
    report_syntax(builder, source, size, error);
  } catch (const YAML::Exception& error) {
    builder.report({1, 1}, std::string("not YAML: ") + error.what());
  } catch (const TooDeep&) {
    // Reported where it was found.
  }
}

}  // namespace

Node parse(std::string_view text, const std::string& name) {
  if (text.size() > kMaxBytes) {
    throw LoadError({{name, {1, 1}, "longer than " + std::to_string(kMaxBytes >> 20U) + " MiB"}});
  }
  if (auto problems = check_bytes(text, name); !problems.empty()) throw LoadError(std::move(problems));

  std::string whole(text);
  if (!whole.ends_with('\n')) whole += '\n';
  const std::size_t size = whole.size();
  whole += kEndDocument;

  const Source source(text);
  Builder builder(source, name);
  read(builder, source, whole, size);
  if (!builder.problems.empty()) {
    std::stable_sort(builder.problems.begin(), builder.problems.end(),
                     [](const Problem& a, const Problem& b) {
                       return std::pair(a.mark.line, a.mark.column) < std::pair(b.mark.line, b.mark.column);
                     });
    throw LoadError(std::move(builder.problems));
  }
  return std::move(builder.root);
}

}  // namespace jit::yaml
