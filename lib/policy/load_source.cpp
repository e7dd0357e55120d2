#include <algorithm>
#include <nlohmann/json.hpp>

#include "policy/draft.hpp"
#include "policy/source_kinds.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

namespace jit::policy {
namespace {

using util::Json;
using yaml::Node;

constexpr std::int64_t kLongestAsking = 10'000;
constexpr std::int64_t kLongestAge = 300'000;
constexpr std::size_t kMostLabels = 20;
const std::vector<std::string> kCommonKeys{"labels", "severity", "timeout", "max_age"};
const std::vector<std::string> kRemoteKeys{"token_file", "ca_file", "allow_private"};
const std::vector<std::string> kSeverityKeys{"label", "critical", "warning", "info"};

bool is_label(const std::string& name) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  return !name.empty() && name.find_first_not_of(kLetters) == std::string::npos &&
         (name.front() < '0' || name.front() > '9');
}

class SourceReader {
 public:
  SourceReader(Reader& reader, Draft& draft, const SourceKind& kind)
      : m_reader(reader), m_draft(draft), m_kind(kind), m_what("\"" + kind.name + "\"") {}

  std::unique_ptr<compiled::WarningSourceT> read(const Node& source, const Node& value) {
    m_source = std::make_unique<compiled::WarningSourceT>();
    m_source->kind = m_kind.name;
    m_settings = Json::object();
    read_kind(value);
    for (const auto& [key, node] : source.entries) read_common(key, node);
    m_source->settings = util::compact_json(m_settings);
    return std::move(m_source);
  }

  /// All that was said, to be compared.
  std::string text() const { return m_kind.name + util::compact_json(m_settings) + m_labels.dump(); }

 private:
  void read_kind(const Node& value) {
    if (!m_kind.only.empty() && value.kind != Node::Kind::map) return read_own(m_kind.only, value);
    if (!m_reader.map_of(value, m_what, m_kind.keys)) return;
    for (const auto& key : m_kind.keys) {
      const Node* node = key == "pointer" ? value.find(key) : m_reader.required(value, key.c_str(), m_what);
      if (node != nullptr) read_own(key, *node);
    }
  }

  void read_own(const std::string& key, const Node& node) {
    const std::string what = "\"" + key + "\" of " + m_what;
    if (key == "argv") return read_argv(node);
    const auto text = m_reader.text(node, what);
    if (!text) return;
    m_settings[key] = *text;
    std::string wrong;
    if (key == "url") wrong = url_problem(*text, m_kind.name == "http");
    if (key == "path" && !text->starts_with('/')) wrong = "it must be an absolute path";
    if (key == "query" && text->empty()) wrong = "it is empty";
    if (key == "pointer" && !is_pointer(*text)) wrong = "it is no JSON pointer (RFC 6901): /status/indicator";
    if (!wrong.empty()) m_reader.problem(node, what + ": " + wrong);
  }

  static bool is_pointer(const std::string& text) {
    try {
      (void)Json::json_pointer(text);
      return true;
    } catch (const Json::exception&) {
      return false;
    }
  }

  void read_argv(const Node& node) {
    const auto* items = m_reader.list(node, "\"program\"");
    if (items == nullptr) return;
    std::vector<std::string> argv;
    for (const auto& item : *items)
      argv.push_back(m_reader.text(item, "each word of \"program\"").value_or(""));
    if (argv.empty() || !argv.front().starts_with('/'))
      m_reader.problem(node, "\"program\" must begin with the absolute path of the program");
    m_settings["argv"] = std::move(argv);
  }

  void read_common(const Node& key, const Node& node) {
    const std::string& name = key.scalar;
    if (name == "labels") return read_labels(node);
    if (name == "severity") return read_severity(node);
    if (name == "timeout") return read_duration(name, node, kLongestAsking, "10s");
    if (name == "max_age") return read_duration(name, node, kLongestAge, "5m");
    if (std::find(kRemoteKeys.begin(), kRemoteKeys.end(), name) == kRemoteKeys.end()) return;
    if (!m_kind.is_remote)
      return m_reader.problem(key, "\"" + name + "\" goes with an address, not with " + m_what);
    if (name == "allow_private") {
      if (const auto allowed = m_reader.boolean(node, "\"allow_private\"")) m_settings[name] = *allowed;
      return;
    }
    const auto path = m_reader.text(node, "\"" + name + "\"");
    if (!path) return;
    if (!path->starts_with('/'))
      m_reader.problem(node, "\"" + name + "\" must be the absolute path of a file");
    m_settings[name] = *path;
  }

  void read_duration(const std::string& key, const Node& node, std::int64_t most, const char* words) {
    const auto duration = m_reader.duration(node, "\"" + key + "\"");
    if (!duration) return;
    if (duration->count() > most)
      m_reader.problem(node, "\"" + key + "\" of a source can be " + words + " at most");
    m_settings[key] = duration->count();
  }

  // `severity: warning`, or how the source itself calls them: {label: priority, critical: [P1, P2]}.
  void read_severity(const Node& node) {
    if (node.kind != Node::Kind::map) {
      const auto text = m_reader.text(node, "\"severity\"");
      if (text && *text != "critical" && *text != "warning")
        m_reader.problem(node,
                         "\"severity\" must be critical or warning, or a map that says which label holds it: "
                         "{label: priority, critical: [P1]}");
      if (text) m_settings["severity"] = {{"fixed", *text}};
      return;
    }
    if (!m_reader.map_of(node, "\"severity\"", kSeverityKeys)) return;
    Json severity = Json::object();
    for (const auto& [key, value] : node.entries) {
      if (key.scalar != "label") {
        severity[key.scalar] = m_reader.texts(value, "\"" + key.scalar + "\" of \"severity\"");
      } else if (const auto label = m_reader.text(value, "\"label\" of \"severity\"")) {
        severity["label"] = *label;
      }
    }
    if (severity.empty()) m_reader.problem(node, "\"severity\" says nothing");
    m_settings["severity"] = std::move(severity);
  }

  void read_labels(const Node& node) {
    if (!m_reader.map(node, "\"labels\" of a source")) return;
    if (node.entries.empty() || node.entries.size() > kMostLabels)
      m_reader.problem(node,
                       "\"labels\" of a source must name 1 to " + std::to_string(kMostLabels) + " labels");
    for (const auto& [key, value] : node.entries) read_label(key, value);
  }

  void read_label(const Node& key, const Node& value) {
    if (!is_label(key.scalar)) {
      m_reader.problem(key, "\"" + key.scalar + "\" is not the name of a label");
      return;
    }
    const std::string what = "the label \"" + key.scalar + "\"";
    auto label = std::make_unique<compiled::SourceLabelT>();
    label->name = key.scalar;
    std::vector<const Node*> nodes{&value};
    if (value.kind == Node::Kind::list) {
      nodes.clear();
      for (const auto& item : value.items) nodes.push_back(&item);
      if (nodes.empty()) m_reader.problem(value, what + " has an empty list: it would select nothing");
    }
    std::vector<std::string> texts;
    bool is_literal = true;
    for (const Node* node : nodes) {
      const auto text = m_reader.text(*node, what);
      if (!text) continue;
      auto word = read_template(m_reader, *node, *text, m_draft, "a label");
      for (const auto& part : word->parts) is_literal = is_literal && !part->is_reference;
      texts.push_back(*text);
      label->values.push_back(std::move(word));
    }
    m_labels[key.scalar] = texts;
    // What every action selects need not be sent by the source at all.
    if (is_literal && label->values.size() == 1 && !label->values.front()->parts.front()->text.empty())
      m_settings["filter"][key.scalar] = label->values.front()->parts.front()->text;
    m_source->labels.push_back(std::move(label));
  }

  Reader& m_reader;
  Draft& m_draft;
  const SourceKind& m_kind;
  const std::string m_what;
  std::unique_ptr<compiled::WarningSourceT> m_source;
  Json m_settings, m_labels = Json::object();
};

// The key that says of which kind it is, and its value.
const Node::Entry* find_kind(Reader& reader, const Node& node, const std::string& what,
                             const std::vector<std::string>& kinds) {
  const Node::Entry* found = nullptr;
  std::vector<std::string> known = kinds;
  known.insert(known.end(), kCommonKeys.begin(), kCommonKeys.end());
  known.insert(known.end(), kRemoteKeys.begin(), kRemoteKeys.end());
  if (!reader.map_of(node, what, known)) return nullptr;
  for (const auto& entry : node.entries) {
    if (std::find(kinds.begin(), kinds.end(), entry.key.scalar) == kinds.end()) continue;
    if (found != nullptr) {
      reader.problem(entry.key,
                     what + " has two kinds: \"" + found->key.scalar + "\" and \"" + entry.key.scalar + "\"");
      return nullptr;
    }
    found = &entry;
  }
  // A key that is not known may have been meant for it, and has been noted.
  const bool is_all_known = std::all_of(node.entries.begin(), node.entries.end(), [&](const auto& entry) {
    return std::find(known.begin(), known.end(), entry.key.scalar) != known.end();
  });
  if (found == nullptr && is_all_known)
    reader.problem(node, what + " must have a kind: " + util::join(kinds, ", "));
  return found;
}

}  // namespace

void read_source(Reader& reader, const yaml::Node& key, const yaml::Node& node, Draft& draft) {
  const auto name = reader.name(key, "the name of a source");
  const std::string what = "the source \"" + key.scalar + "\"";
  std::vector<std::string> kinds;
  for (const auto& kind : source_kinds()) kinds.push_back(kind.name);
  const auto* entry = find_kind(reader, node, what, kinds);
  if (entry == nullptr) return;
  const auto at = std::find(kinds.begin(), kinds.end(), entry->key.scalar) - kinds.begin();
  SourceReader source_reader(reader, draft, source_kinds()[static_cast<std::size_t>(at)]);
  auto source = source_reader.read(node, entry->value);
  if (!name) return;
  source->name = *name;
  const auto [first, is_new] = draft.sources.try_emplace(*name, place_of(reader, key), source_reader.text());
  if (is_new) {
    draft.set.warnings.push_back(std::move(source));
  } else if (first->second.second != source_reader.text()) {
    note_conflict(reader, key, what, first->second.first);
  }
}

}  // namespace jit::policy
