#include "policy/reader.hpp"

#include <algorithm>
#include <charconv>

#include "policy/regexes.hpp"
#include "util/text.hpp"

namespace jit::policy {
namespace {

std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

const char* kind_name(yaml::Node::Kind kind) {
  switch (kind) {
    case yaml::Node::Kind::scalar:
      return "a single value";
    case yaml::Node::Kind::list:
      return "a list";
    case yaml::Node::Kind::map:
      return "a map";
  }
  return "";
}

}  // namespace

void Reader::problem(const yaml::Node& where, std::string text) {
  m_problems.push_back({m_file, where.mark, std::move(text)});
}

bool Reader::wrong_kind(const yaml::Node& node, yaml::Node::Kind wanted, const std::string& what) {
  if (node.kind == wanted) return false;
  problem(node, what + " must be " + kind_name(wanted) + ", not " + kind_name(node.kind));
  return true;
}

std::optional<std::string> Reader::text(const yaml::Node& node, const std::string& what) {
  if (node.kind != yaml::Node::Kind::scalar) {
    problem(node, what + " must be text, not " + kind_name(node.kind));
    return std::nullopt;
  }
  if (node.plain && yaml::type_of(node) != yaml::ScalarType::text) {
    problem(node, what + " must be text: write " + in_quotes(node.scalar) + " in quotes");
    return std::nullopt;
  }
  return node.scalar;
}

std::optional<std::string> Reader::name(const yaml::Node& node, const std::string& what) {
  auto name = text(node, what);
  if (!name) return std::nullopt;
  const bool is_plain = std::all_of(name->begin(), name->end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (is_plain && !name->empty()) return name;
  problem(node, what + (name->empty() ? " is empty" : " may have only printable ASCII letters"));
  return std::nullopt;
}

std::optional<bool> Reader::boolean(const yaml::Node& node, const std::string& what) {
  if (node.kind != yaml::Node::Kind::scalar || yaml::type_of(node) != yaml::ScalarType::boolean) {
    const bool scalar = node.kind == yaml::Node::Kind::scalar;
    problem(node,
            what + " must be true or false, not " + (scalar ? in_quotes(node.scalar) : kind_name(node.kind)));
    return std::nullopt;
  }
  return node.scalar == "true";
}

std::optional<std::int64_t> Reader::integer(const yaml::Node& node, const std::string& what,
                                            std::int64_t least, std::int64_t most) {
  if (node.kind != yaml::Node::Kind::scalar || yaml::type_of(node) != yaml::ScalarType::integer) {
    const bool scalar = node.kind == yaml::Node::Kind::scalar;
    problem(node,
            what + " must be a number, not " + (scalar ? in_quotes(node.scalar) : kind_name(node.kind)));
    return std::nullopt;
  }
  std::int64_t value = 0;
  const char* end = node.scalar.data() + node.scalar.size();
  const auto [stop, error] = std::from_chars(node.scalar.data(), end, value);
  if (error != std::errc() || stop != end || value < least || value > most) {
    problem(node, what + " must be from " + std::to_string(least) + " to " + std::to_string(most) + ", not " +
                      in_quotes(node.scalar));
    return std::nullopt;
  }
  return value;
}

std::optional<util::Millis> Reader::duration(const yaml::Node& node, const std::string& what) {
  const bool scalar = node.kind == yaml::Node::Kind::scalar;
  const auto duration = scalar ? util::parse_duration(node.scalar) : std::nullopt;
  if (!duration) {
    problem(node, what + " must be a duration such as 15m or 1h30m, not " +
                      (scalar ? in_quotes(node.scalar) : kind_name(node.kind)));
  }
  return duration;
}

std::optional<std::string> Reader::regex(const yaml::Node& node, const std::string& what) {
  const auto pattern = text(node, what);
  if (!pattern) return std::nullopt;
  if (const std::string wrong = regex_problem(*pattern); !wrong.empty()) {
    problem(node, what + " is not a regular expression (RE2): " + wrong);
    return std::nullopt;
  }
  return pattern;
}

const std::vector<yaml::Node>* Reader::list(const yaml::Node& node, const std::string& what) {
  return wrong_kind(node, yaml::Node::Kind::list, what) ? nullptr : &node.items;
}

bool Reader::map(const yaml::Node& node, const std::string& what) {
  return !wrong_kind(node, yaml::Node::Kind::map, what);
}

bool Reader::map_of(const yaml::Node& node, const std::string& what, const std::vector<std::string>& keys) {
  if (!map(node, what)) return false;
  for (const auto& [key, value] : node.entries) {
    if (std::find(keys.begin(), keys.end(), key.scalar) != keys.end()) continue;
    problem(key,
            "unknown key " + in_quotes(key.scalar) + " in " + what + util::did_you_mean(key.scalar, keys));
  }
  return true;
}

std::vector<std::string> Reader::texts(const yaml::Node& node, const std::string& what) {
  std::vector<std::string> all;
  const auto* items = list(node, what);
  if (items == nullptr) return all;
  for (const auto& item : *items) {
    const auto word = text(item, "each of " + what);
    if (!word) continue;
    if (word->empty()) {
      problem(item, what + " holds an empty text");
    } else if (std::find(all.begin(), all.end(), *word) != all.end()) {
      problem(item, what + " holds " + in_quotes(*word) + " twice");
    } else {
      all.push_back(*word);
    }
  }
  return all;
}

const yaml::Node* Reader::required(const yaml::Node& map, const char* key, const std::string& what) {
  const yaml::Node* value = map.find(key);
  if (value == nullptr) problem(map, what + " lacks the key " + in_quotes(key));
  return value;
}

}  // namespace jit::policy
