#include <algorithm>
#include <array>
#include <charconv>

#include "context/schema.hpp"
#include "policy/draft.hpp"
#include "policy/regexes.hpp"

namespace jit::policy {
namespace {

using context::ValueType;
using yaml::Node;
using PartPtr = std::unique_ptr<compiled::PreviewPartT>;

constexpr std::int64_t kUsualTimeout = 30'000;
constexpr std::int64_t kLongestTimeout = 600'000;
constexpr int kMostElements = 10'000;
constexpr const char* kPreview = "the preview";  // what is filled in
const std::vector<std::string> kPreviewKeys{"command", "timeout", "ignore", "exit"};

// Reads the words of a template: {path} stands for a value, {path[n]} for an element of a list, {{ and }} for
// braces.
class TemplateReader {
 public:
  TemplateReader(Reader& reader, Draft& draft, const char* what)
      : m_reader(reader), m_draft(draft), m_what(what) {}

  std::unique_ptr<compiled::PreviewWordT> word(const Node& node, const std::string& text) {
    auto word = std::make_unique<compiled::PreviewWordT>();
    std::string literal;
    const auto end_literal = [&] {
      if (literal.empty()) return;
      word->parts.push_back(part(std::exchange(literal, "")));
    };
    for (std::size_t at = 0; at < text.size(); ++at) {
      const char c = text[at];
      if (c != '{' && c != '}') {
        literal += c;
        continue;
      }
      if (at + 1 < text.size() && text[at + 1] == c) {
        literal += c;
        ++at;
        continue;
      }
      const std::size_t end = c == '{' ? text.find('}', at) : std::string::npos;
      if (end == std::string::npos) {
        m_reader.problem(node, std::string("a \"") + c + "\" alone in \"" + text +
                                   "\": {path} stands for a value of the context, and {{ and }} for braces");
        return word;
      }
      end_literal();
      if (auto reference =
              this->reference(node, text.substr(at + 1, end - at - 1), at == 0 && end + 1 == text.size()))
        word->parts.push_back(std::move(reference));
      at = end;
    }
    end_literal();
    if (word->parts.empty()) word->parts.push_back(part(""));
    return word;
  }

 private:
  static PartPtr part(std::string text) {
    auto part = std::make_unique<compiled::PreviewPartT>();
    part->text = std::move(text);
    return part;
  }

  // `alone`: it is the whole word.
  PartPtr reference(const Node& node, const std::string& text, bool alone) {
    auto part = TemplateReader::part(text);
    part->is_reference = true;
    std::string path = text;
    const auto bracket = text.find('[');
    if (bracket != std::string::npos && text.ends_with(']')) {
      path = text.substr(0, bracket);
      part->has_element = true;
      if (!read_element(text.substr(bracket + 1, text.size() - bracket - 2), *part)) {
        m_reader.problem(node,
                         "\"" + text + "\" is not of the form {path[n]}: {command.argv[-1]} is the last");
        return nullptr;
      }
    }
    const auto* info = context::find_path(path);
    if (info == nullptr) {
      m_reader.problem(node, "unknown path \"" + path + "\"" + context::suggest_path(path));
      return nullptr;
    }
    if (const auto wrong = problem_of(path, info->type, part->has_element, alone); !wrong.empty()) {
      m_reader.problem(node, wrong);
      return nullptr;
    }
    if (path.starts_with("env.")) m_draft.captured.emplace_back(place_of(m_reader, node), path.substr(4));
    part->path = m_draft.path_index(path);
    return part;
  }

  static bool read_element(const std::string& text, compiled::PreviewPartT& part) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, part.element);
    return error == std::errc() && stop == end && part.element >= -kMostElements &&
           part.element <= kMostElements;
  }

  // Why nothing could be made with it; empty when it may.
  std::string problem_of(const std::string& path, ValueType type, bool has_element, bool alone) const {
    if (path.starts_with("time.") || path.starts_with("activity.") || path.starts_with("warnings."))
      return path + " is another one when " + m_what + " is made again: it could never be the same";
    if (m_what != kPreview &&
        (path.starts_with("systems.") || path == "labels.system" || path == "labels.environment"))
      return path + " is not known yet when " + m_what + " is made: name what the system is found by";
    if (type == ValueType::object_list) return path + " is no text: it cannot be a word of a command";
    if (has_element && type != ValueType::text_list) return path + " is no list: it has no elements";
    if (type == ValueType::text_list && !has_element && !alone)
      return path + " is a list, and can only be several words of their own: \"{" + path +
             "}\", or one element: {" + path + "[1]}";
    return "";
  }

  Reader& m_reader;
  Draft& m_draft;
  const std::string m_what;
};

void read_command_of(Reader& reader, const Node& node, Draft& draft, compiled::PreviewT& preview) {
  const auto* items = reader.list(node, "the command of \"preview\"");
  if (items == nullptr) return;
  if (items->empty()) reader.problem(node, "\"preview\" names no program");
  TemplateReader words(reader, draft, kPreview);
  for (const auto& item : *items) {
    const auto text = reader.text(item, "each word of \"preview\"");
    if (!text) continue;
    auto word = words.word(item, *text);
    if (&item == &items->front()) {
      const bool literal = word->parts.size() == 1 && !word->parts.front()->is_reference;
      const std::string& name = literal ? word->parts.front()->text : *text;
      if (!literal) {
        reader.problem(item, "the program of \"preview\" must be named: the requester cannot choose it");
      } else if (name.empty() || (name.find('/') != std::string::npos && !name.starts_with('/'))) {
        reader.problem(
            item, "the program of \"preview\" must be a name that PATH finds, or an absolute path, not \"" +
                      name + "\"");
      }
    }
    preview.command.push_back(std::move(word));
  }
}

// A pattern that is found in lines that have nothing in common is found in all of them.
bool ignores_everything(const std::string& pattern) {
  Regexes regexes;
  constexpr std::array kLines{"Plan: 1 to add", "x", "0", "~ - /"};
  return std::all_of(kLines.begin(), kLines.end(),
                     [&](const char* line) { return regexes.finds(pattern, line) == true; });
}

void read_ignore(Reader& reader, const Node& node, compiled::PreviewT& preview) {
  const auto* items = reader.list(node, "\"ignore\" of \"preview\"");
  if (items == nullptr) return;
  for (const auto& item : *items) {
    const auto pattern = reader.regex(item, "each of \"ignore\"");
    if (!pattern) continue;
    if (ignores_everything(*pattern))
      reader.problem(item, "\"" + *pattern + "\" ignores every line: nothing of the preview would be bound");
    preview.ignore.push_back(*pattern);
  }
}

void read_exits(Reader& reader, const Node& node, compiled::PreviewT& preview) {
  const auto* items = reader.list(node, "\"exit\" of \"preview\"");
  if (items == nullptr) return;
  preview.exits.clear();
  if (items->empty()) reader.problem(node, "\"exit\" is an empty list: no preview would count");
  for (const auto& item : *items) {
    const auto code = reader.integer(item, "each of \"exit\"", 0, 255);
    if (code) preview.exits.push_back(static_cast<int>(*code));
  }
}

void read_timeout(Reader& reader, const Node& node, compiled::PreviewT& preview) {
  const auto timeout = reader.duration(node, "\"timeout\"");
  if (!timeout) return;
  preview.timeout = timeout->count();
  if (preview.timeout < 1 || preview.timeout > kLongestTimeout)
    reader.problem(node, "\"timeout\" of \"preview\" must be more than nothing and at most 10m");
}

}  // namespace

std::unique_ptr<compiled::PreviewWordT> read_template(Reader& reader, const yaml::Node& node,
                                                      const std::string& text, Draft& draft,
                                                      const char* what) {
  return TemplateReader(reader, draft, what).word(node, text);
}

std::unique_ptr<compiled::PreviewT> read_preview(Reader& reader, const Node& node, Draft& draft) {
  auto preview = std::make_unique<compiled::PreviewT>();
  preview->timeout = kUsualTimeout;
  preview->exits = {0};
  if (node.kind == Node::Kind::list) {
    read_command_of(reader, node, draft, *preview);
    return preview;
  }
  if (node.kind == Node::Kind::scalar) {
    reader.problem(
        node, "\"preview\" must be a list of words, [terraform, show], or a map with the key \"command\"");
    return nullptr;
  }
  if (!reader.map_of(node, "\"preview\"", kPreviewKeys)) return nullptr;
  if (const Node* command = reader.required(node, "command", "\"preview\""))
    read_command_of(reader, *command, draft, *preview);
  if (const Node* timeout = node.find("timeout")) read_timeout(reader, *timeout, *preview);
  if (const Node* ignore = node.find("ignore")) read_ignore(reader, *ignore, *preview);
  if (const Node* exits = node.find("exit")) read_exits(reader, *exits, *preview);
  return preview;
}

}  // namespace jit::policy
