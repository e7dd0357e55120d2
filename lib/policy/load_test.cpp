#include <algorithm>
#include <nlohmann/json.hpp>

#include "context/schema.hpp"
#include "policy/draft.hpp"
#include "util/text.hpp"

namespace jit::policy {
namespace {

using context::ValueType;
using util::Json;
using yaml::Node;

const std::vector<std::string> kTestKeys{"name", "given", "expect"};
const std::vector<std::string> kExpectKeys{"effect", "rule",    "rules",   "from",
                                           "signed", "preview", "message", "systems"};
// What follows from argv: a test that said otherwise would test what cannot happen.
const std::vector<std::string> kDerived{"command.line", "command.name", "command.subcommand"};

std::vector<std::string> read_words(Reader& reader, const Node& node, const std::string& what) {
  std::vector<std::string> words;
  const auto* items = reader.list(node, what);
  if (items == nullptr) return words;
  for (const auto& item : *items) words.push_back(reader.text(item, "each of " + what).value_or(""));
  return words;
}

// Where a path's value stands in a context: what follows `env.` and its kin is one key.
Json& slot(Json& context, const std::string& path) {
  const std::size_t dot = path.find('.');
  const std::string section = path.substr(0, dot);
  return context[section][path.substr(dot + 1)];
}

class GivenReader {
 public:
  GivenReader(Reader& reader, Draft& draft) : m_reader(reader), m_draft(draft) {}

  Json read(const Node& node) {
    m_context = Json::object();
    if (!m_reader.map(node, "\"given\"")) return m_context;
    bool has_argv = false;
    for (const auto& [key, value] : node.entries) {
      const std::string path = key.scalar == "argv" ? "command.argv" : key.scalar;
      if (path == "command.argv") {
        if (has_argv) m_reader.problem(key, "\"argv\" and \"command.argv\" are the same");
        has_argv = true;
      }
      entry(key, path, value);
    }
    if (!has_argv) m_reader.problem(node, "\"given\" lacks the key \"argv\"");
    return std::move(m_context);
  }

 private:
  void entry(const Node& key, const std::string& path, const Node& value) {
    const auto* info = context::find_path(path);
    if (info == nullptr) {
      m_reader.problem(key, "unknown path \"" + path + "\"" + context::suggest_path(path));
      return;
    }
    const bool derived = std::find(kDerived.begin(), kDerived.end(), path) != kDerived.end();
    if (derived || path.starts_with("command.options.")) {
      m_reader.problem(key, "\"" + path + "\" follows from \"argv\" and cannot be given");
      return;
    }
    if (path.starts_with("systems.")) {
      m_reader.problem(key, "\"" + path + "\" follows from the policies' \"systems\" and cannot be given");
      return;
    }
    if (path.starts_with("time.") && path.find('@') != std::string::npos) {
      m_reader.problem(key, "\"" + path + "\" follows from \"time.at\": give that");
      return;
    }
    if (path.starts_with("env.")) m_draft.captured.emplace_back(place_of(m_reader, key), path.substr(4));
    typed(path, info->type, value);
  }

  void typed(const std::string& path, ValueType type, const Node& value) {
    const std::string what = "\"" + path + "\"";
    switch (type) {
      case ValueType::text:
      case ValueType::option:
        if (const auto text = m_reader.text(value, what)) slot(m_context, path) = *text;
        return;
      case ValueType::integer:
        if (const auto number = m_reader.integer(value, what, INT64_MIN, INT64_MAX))
          slot(m_context, path) = *number;
        return;
      case ValueType::boolean:
        if (const auto flag = m_reader.boolean(value, what)) slot(m_context, path) = *flag;
        return;
      case ValueType::text_list: {
        auto words = read_words(m_reader, value, what);
        if (path == "command.argv" && words.empty()) m_reader.problem(value, what + " needs a command");
        slot(m_context, path) = std::move(words);
        return;
      }
      case ValueType::object_list:
        m_reader.problem(value, what + " cannot be given in a test");
        return;
    }
  }

  Reader& m_reader;
  Draft& m_draft;
  Json m_context;
};

void read_expected_rules(Reader& reader, const Node& node, Draft& draft, TestCase& test) {
  if (const Node* rule = node.find("rule")) {
    test.rule = reader.text(*rule, "\"rule\"");
    if (test.rule) draft.expected.emplace_back(place_of(reader, *rule), *test.rule);
  }
  if (const Node* rules = node.find("rules")) {
    test.rules = read_words(reader, *rules, "\"rules\"");
    for (const auto& name : *test.rules) draft.expected.emplace_back(place_of(reader, *rules), name);
  }
}

void read_expect(Reader& reader, const Node& node, Draft& draft, TestCase& test) {
  if (!reader.map_of(node, "\"expect\"", kExpectKeys)) return;
  const std::vector<std::string> effects{"allow", "ask", "deny"};
  if (const Node* effect = reader.required(node, "effect", "\"expect\"")) {
    const auto text = reader.text(*effect, "\"effect\"");
    if (text && std::find(effects.begin(), effects.end(), *text) == effects.end()) {
      reader.problem(*effect, "unknown effect \"" + *text + "\"" + util::did_you_mean(*text, effects));
    }
    test.effect = text == "allow" ? Effect::allow : text == "ask" ? Effect::ask : Effect::deny;
  }
  read_expected_rules(reader, node, draft, test);
  if (const Node* from = node.find("from")) test.from = read_from(reader, *from, draft);
  if (const Node* only_signed = node.find("signed"))
    test.only_signed = reader.boolean(*only_signed, "\"signed\"");
  if (const Node* preview = node.find("preview")) test.preview = read_words(reader, *preview, "\"preview\"");
  if (const Node* message = node.find("message")) test.message = reader.text(*message, "\"message\"");
  if (const Node* systems = node.find("systems")) {
    test.systems = read_words(reader, *systems, "\"systems\"");
    for (const auto& system : *test.systems) draft.about.emplace_back(place_of(reader, *systems), system);
  }
}

}  // namespace

void read_test(Reader& reader, const yaml::Node& node, Draft& draft) {
  if (!reader.map_of(node, "a test", kTestKeys)) return;
  TestCase test;
  test.file = reader.file();
  test.line = node.mark.line;
  if (const Node* name = reader.required(node, "name", "a test")) {
    test.name = reader.text(*name, "\"name\" of a test").value_or("");
  }
  if (const Node* given = reader.required(node, "given", "a test")) {
    test.given = std::make_shared<const Json>(GivenReader(reader, draft).read(*given));
  }
  if (const Node* expect = reader.required(node, "expect", "a test"))
    read_expect(reader, *expect, draft, test);
  draft.tests.push_back(std::move(test));
}

}  // namespace jit::policy
