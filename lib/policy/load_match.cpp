#include <algorithm>

#include "context/schema.hpp"
#include "context/source.hpp"
#include "context/zones.hpp"
#include "policy/draft.hpp"
#include "policy/glob.hpp"
#include "util/text.hpp"

namespace jit::policy {
namespace {

using context::ValueType;
using yaml::Node;
using MatchPtr = std::unique_ptr<compiled::MatchT>;
using MatcherPtr = std::unique_ptr<compiled::MatcherT>;

// Deeper is a mistake, and evaluation recurses.
constexpr int kMaxDepth = 16;
const std::vector<std::string> kMatcherKeys{"regex", "not", "any", "all", "above", "below", "exists"};

class MatchReader {
 public:
  MatchReader(Reader& reader, Draft& draft) : m_reader(reader), m_draft(draft) {}

  MatchPtr map(const Node& node, int depth) {
    auto match = std::make_unique<compiled::MatchT>();
    match->join = compiled::Join::all;
    if (!m_reader.map(node, "a match")) return match;
    if (depth > kMaxDepth) {
      m_reader.problem(node, "nested more than 16 deep");
      return match;
    }
    if (depth > 0 && node.entries.empty())
      m_reader.problem(node, "an empty match inside another: it would always hold");
    for (const auto& [key, value] : node.entries) {
      if (auto part = entry(key, value, depth + 1)) match->parts.push_back(std::move(part));
    }
    return match;
  }

 private:
  MatchPtr entry(const Node& key, const Node& value, int depth) {
    if (key.scalar == "not") {
      auto match = std::make_unique<compiled::MatchT>();
      match->join = compiled::Join::negate;
      match->parts.push_back(map(value, depth));
      return match;
    }
    if (key.scalar == "any" || key.scalar == "all") return maps(key, value, depth);
    return path(key, value);
  }

  MatchPtr maps(const Node& key, const Node& value, int depth) {
    const auto* items = m_reader.list(value, "\"" + key.scalar + "\" of a match");
    if (items == nullptr) return nullptr;
    if (items->empty()) m_reader.problem(value, "\"" + key.scalar + "\" of a match is empty");
    auto match = std::make_unique<compiled::MatchT>();
    match->join = key.scalar == "any" ? compiled::Join::any : compiled::Join::all;
    for (const auto& item : *items) match->parts.push_back(map(item, depth));
    return match;
  }

  MatchPtr path(const Node& key, const Node& value) {
    const auto* info = context::find_path(key.scalar);
    if (key.scalar == "preview" || key.scalar.starts_with("preview.")) {
      m_reader.problem(key,
                       "no rule can match on a preview: it is made only when the rules have asked for it");
      return nullptr;
    }
    if (info == nullptr) {
      m_reader.problem(key, "unknown path \"" + key.scalar + "\"" + context::suggest_path(key.scalar));
      return nullptr;
    }
    if (context::is_zoned(key.scalar)) check_zone(key);
    if (key.scalar.starts_with("warnings.")) m_draft.warned.emplace_back(place_of(m_reader, key), key.scalar);
    if (key.scalar.starts_with("env."))
      m_draft.captured.emplace_back(place_of(m_reader, key), key.scalar.substr(4));
    auto match = std::make_unique<compiled::MatchT>();
    match->join = compiled::Join::path;
    match->path = m_draft.path_index(key.scalar);
    m_path = key.scalar;
    m_type = info->type;
    match->matcher = matcher(value, 0);
    return match->matcher == nullptr ? nullptr : std::move(match);
  }

  void check_zone(const Node& key) {
    const std::string zone = key.scalar.substr(key.scalar.find('@') + 1);
    if (!context::knows_zone(zone))
      m_reader.problem(
          key, "unknown time zone \"" + zone + "\": a name of the tz database, such as Europe/Berlin");
  }

  MatcherPtr matcher(const Node& node, int depth) {
    if (depth > kMaxDepth) {
      m_reader.problem(node, "nested more than 16 deep");
      return nullptr;
    }
    switch (node.kind) {
      case Node::Kind::scalar:
        return scalar(node);
      case Node::Kind::list:
        return several(node, compiled::Test::any, depth);
      case Node::Kind::map:
        return matcher_map(node, depth);
    }
    return nullptr;
  }

  MatcherPtr several(const Node& node, compiled::Test test, int depth) {
    const auto* items = m_reader.list(node, "a list of matchers for " + m_path);
    if (items == nullptr) return nullptr;
    if (items->empty()) {
      m_reader.problem(node, "an empty list for " + m_path + ": nothing could match it");
      return nullptr;
    }
    auto all = std::make_unique<compiled::MatcherT>();
    all->test = test;
    for (const auto& item : *items) {
      if (auto part = matcher(item, depth + 1)) all->parts.push_back(std::move(part));
    }
    return all;
  }

  MatcherPtr matcher_map(const Node& node, int depth) {
    m_reader.map_of(node, "the matcher of " + m_path, kMatcherKeys);
    if (node.entries.empty()) {
      m_reader.problem(node, "an empty matcher for " + m_path);
      return nullptr;
    }
    // What a map says is about one and the same element of a list; only whether there is a list, and what
    // none of its elements is, are about the whole.
    auto all = make(compiled::Test::all, "", 0);
    auto one = make(compiled::Test::one, "", 0);
    bool about_elements = false;
    for (const auto& [key, value] : node.entries) {
      auto part = keyed(key.scalar, value, depth + 1);
      if (part == nullptr) continue;
      about_elements = about_elements || (key.scalar != "exists" && key.scalar != "not");
      (key.scalar == "exists" ? all : one)->parts.push_back(std::move(part));
    }
    if (about_elements && one->parts.size() > 1) {
      all->parts.push_back(std::move(one));
    } else {
      for (auto& part : one->parts) all->parts.push_back(std::move(part));
    }
    if (all->parts.size() == 1) return std::move(all->parts.front());
    return all;
  }

  MatcherPtr keyed(const std::string& key, const Node& value, int depth) {
    if (key == "regex") return regex(value);
    if (key == "above") return bound(value, compiled::Test::above, key);
    if (key == "below") return bound(value, compiled::Test::below, key);
    if (key == "exists") return exists(value);
    if (key == "any") return several(value, compiled::Test::any, depth);
    if (key == "all") return several(value, compiled::Test::all, depth);
    if (key != "not") return nullptr;  // Unknown keys have been noted.
    auto negated = matcher(value, depth);
    if (negated == nullptr) return nullptr;
    auto negation = std::make_unique<compiled::MatcherT>();
    negation->test = compiled::Test::negate;
    negation->parts.push_back(std::move(negated));
    return negation;
  }

  static MatcherPtr make(compiled::Test test, std::string text, std::int64_t number) {
    auto matcher = std::make_unique<compiled::MatcherT>();
    matcher->test = test;
    matcher->text = std::move(text);
    matcher->number = number;
    return matcher;
  }

  MatcherPtr scalar(const Node& node) {
    switch (m_type) {
      case ValueType::integer: {
        const auto number = m_reader.integer(node, m_path, INT64_MIN, INT64_MAX);
        return number ? make(compiled::Test::integer, {}, *number) : nullptr;
      }
      case ValueType::boolean:
        return boolean(node);
      case ValueType::option:
        if (node.plain && yaml::type_of(node) == yaml::ScalarType::boolean) return option(node);
        return glob(node);
      case ValueType::text:
      case ValueType::text_list:
        return glob(node);
      case ValueType::object_list:
        m_reader.problem(node, m_path + " can only be held against {exists: true} or {exists: false}");
        return nullptr;
    }
    return nullptr;
  }

  MatcherPtr boolean(const Node& node) {
    const auto value = m_reader.boolean(node, m_path);
    return value ? make(compiled::Test::boolean, {}, *value ? 1 : 0) : nullptr;
  }

  MatcherPtr option(const Node& node) {
    if (node.scalar == "true") return boolean(node);
    m_reader.problem(node, m_path + " is never false: an option that is not given is {exists: false}");
    return nullptr;
  }

  MatcherPtr glob(const Node& node) {
    const auto pattern = m_reader.text(node, m_path);
    if (!pattern) return nullptr;
    if (const std::string wrong = glob_problem(*pattern); !wrong.empty()) {
      m_reader.problem(node, wrong);
      return nullptr;
    }
    return make(is_literal(*pattern) ? compiled::Test::literal : compiled::Test::glob, *pattern, 0);
  }

  MatcherPtr regex(const Node& node) {
    if (m_type != ValueType::text && m_type != ValueType::text_list && m_type != ValueType::option) {
      m_reader.problem(node, m_path + " is not text: no regex can match it");
      return nullptr;
    }
    auto pattern = m_reader.regex(node, "the regex for " + m_path);
    return pattern ? make(compiled::Test::regex, std::move(*pattern), 0) : nullptr;
  }

  MatcherPtr bound(const Node& node, compiled::Test test, const std::string& key) {
    if (m_type != ValueType::integer) {
      m_reader.problem(node, m_path + " is not a number: it is not \"" + key + "\" anything");
      return nullptr;
    }
    const auto number = m_reader.integer(node, "\"" + key + "\"", INT64_MIN, INT64_MAX);
    return number ? make(test, {}, *number) : nullptr;
  }

  MatcherPtr exists(const Node& node) {
    const auto value = m_reader.boolean(node, "\"exists\"");
    return value ? make(compiled::Test::exists, {}, *value ? 1 : 0) : nullptr;
  }

  Reader& m_reader;
  Draft& m_draft;
  std::string m_path;  // whose matcher is read, and what it holds
  ValueType m_type = ValueType::text;
};

// What reading a path costs: the command line is there, other things are looked up, some even by another
// program.
int cost_of(const std::string& path) {
  if (path == "command.name") return 0;
  if (path == "command.sha256" || path == "command.files") return 6;
  if (path == "command.path" || path.starts_with("systems.")) return 3;
  for (const char* cheap : {"command.", "labels.", "env.", "unsafe_env."}) {
    if (path.starts_with(cheap)) return 1;
  }
  if (path.starts_with("warnings.")) return 7;
  return path.starts_with("session.") || path.starts_with("time.") ? 3 : 5;
}

bool has_regex(const compiled::MatcherT& matcher) {
  return matcher.test == compiled::Test::regex ||
         std::any_of(matcher.parts.begin(), matcher.parts.end(),
                     [](const auto& part) { return has_regex(*part); });
}

int cost_of(const compiled::SetT& set, const compiled::MatchT& match) {
  if (match.join == compiled::Join::path) {
    return cost_of(set.paths[match.path]->text) + (has_regex(*match.matcher) ? 1 : 0);
  }
  int cost = 0;
  for (const auto& part : match.parts) cost = std::max(cost, cost_of(set, *part));
  return cost;
}

// The order of what must hold (or of what may) changes no result: the cheapest goes first.
void sort_by_cost(const compiled::SetT& set, compiled::MatchT& match) {
  for (auto& part : match.parts) sort_by_cost(set, *part);
  std::stable_sort(match.parts.begin(), match.parts.end(),
                   [&](const auto& a, const auto& b) { return cost_of(set, *a) < cost_of(set, *b); });
}

std::vector<std::string> literals(const compiled::MatcherT& matcher) {
  if (matcher.test == compiled::Test::literal) return {matcher.text};
  std::vector<std::string> all;
  if (matcher.test != compiled::Test::any) return all;
  for (const auto& part : matcher.parts) {
    if (part->test != compiled::Test::literal) return {};
    if (std::find(all.begin(), all.end(), part->text) == all.end()) all.push_back(part->text);
  }
  return all;
}

bool reads(const compiled::SetT& set, const compiled::MatchT& match, compiled::Place place) {
  if (match.join == compiled::Join::path) return set.paths[match.path]->place == place;
  return std::any_of(match.parts.begin(), match.parts.end(),
                     [&](const auto& part) { return reads(set, *part, place); });
}

}  // namespace

std::unique_ptr<compiled::MatchT> read_match(Reader& reader, const yaml::Node& node, Draft& draft) {
  auto match = MatchReader(reader, draft).map(node, 0);
  sort_by_cost(draft.set, *match);
  return match;
}

std::vector<std::string> required_names(const compiled::SetT& set, const compiled::MatchT& match) {
  if (match.join == compiled::Join::path) {
    if (set.paths[match.path]->place != compiled::Place::name) return {};
    return literals(*match.matcher);
  }
  if (match.join != compiled::Join::all) return {};
  for (const auto& part : match.parts) {
    auto names = required_names(set, *part);
    if (!names.empty()) return names;
  }
  return {};
}

bool reads_words(const compiled::SetT& set, const compiled::MatchT& match) {
  return reads(set, match, compiled::Place::subcommand) || reads(set, match, compiled::Place::option);
}

bool reads_systems(const compiled::SetT& set, const compiled::MatchT& match) {
  return reads(set, match, compiled::Place::system);
}

}  // namespace jit::policy
