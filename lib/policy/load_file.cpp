#include <algorithm>

#include "policy/draft.hpp"
#include "policy/groups.hpp"
#include "util/text.hpp"

namespace jit::policy {
namespace {

using yaml::Node;

const std::vector<std::string> kFileKeys{
    "version", "groups",   "env",  "allowed_signers", "revoked_signers", "commands", "rules", "freezes",
    "tests",   "channels", "link", "systems",         "warnings"};

void read_version(Reader& reader, const Node& root) {
  const Node* version = reader.required(root, "version", "a policy");
  if (version == nullptr) return;
  const bool known = version->kind == Node::Kind::scalar && version->plain && version->scalar == "1";
  if (!known) {
    const std::string said = version->kind == Node::Kind::scalar ? " \"" + version->scalar + "\"" : "";
    reader.problem(*version, "unknown version" + said + ": this program reads version 1 (version: 1)");
  }
}

void check_member(Reader& reader, const Node& node, const std::string& member) {
  const std::size_t colon = member.find(':');
  if (colon == std::string::npos) return;
  if (!member.starts_with(kUnixPrefix)) {
    reader.problem(node, "unknown kind of member \"" + member + "\": a user's name or \"unix:GROUP\"");
  } else if (member.size() == kUnixPrefix.size()) {
    reader.problem(node, "\"unix:\" without the name of a group");
  }
}

void read_group(Reader& reader, const Node& key, const Node& node, Draft& draft) {
  const auto name = reader.name(key, "the name of a group");
  auto group = std::make_unique<compiled::GroupT>();
  group->members = reader.texts(node, "the group \"" + key.scalar + "\"");
  if (!name) return;
  if (*name == kAnyone || *name == kOwners || name->starts_with(owners_of(""))) {
    reader.problem(key, "a group cannot be called \"" + *name + "\"");
    return;
  }
  if (node.kind == Node::Kind::list) {
    for (const auto& item : node.items) check_member(reader, item, item.scalar);
  }
  group->name = *name;
  std::sort(group->members.begin(), group->members.end());
  const auto [first, is_new] = draft.groups.try_emplace(*name, place_of(reader, key));
  if (is_new) {
    draft.set.groups.push_back(std::move(group));
    return;
  }
  for (const auto& known : draft.set.groups) {
    if (known->name == *name && known->members != group->members) {
      note_conflict(reader, key, "group \"" + *name + "\"", first->second);
    }
  }
}

void read_env(Reader& reader, const Node& node, Draft& draft) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  for (const auto& name : reader.texts(node, "\"env\"")) {
    if (name.find_first_not_of(kLetters) != std::string::npos ||
        (name.front() >= '0' && name.front() <= '9')) {
      reader.problem(node, "\"" + name + "\" in \"env\" is not the name of a variable");
      continue;
    }
    auto& all = draft.set.env;
    if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(name);
  }
}

template <typename Read>
void read_each(Reader& reader, const Node& root, const char* key, Read read) {
  const Node* node = root.find(key);
  if (node == nullptr) return;
  if (const auto* items = reader.list(*node, "\"" + std::string(key) + "\"")) {
    for (const auto& item : *items) read(item);
  }
}

template <typename Read>
void read_entries(Reader& reader, const Node& root, const char* key, Read read) {
  const Node* node = root.find(key);
  if (node == nullptr || !reader.map(*node, "\"" + std::string(key) + "\"")) return;
  for (const auto& [name, value] : node->entries) read(name, value);
}

// Which rules can match a command of which name, so that the others need not be looked at.
void index_rules(const compiled::SetT& set, compiled::FileT& file) {
  std::map<std::string, std::vector<std::uint32_t>> named;
  for (std::uint32_t i = 0; i < file.rules.size(); ++i) {
    const auto names = required_names(set, *file.rules[i]->match);
    for (const auto& name : names) named[name].push_back(i);
    if (names.empty()) file.others.push_back(i);
  }
  for (auto& [name, rules] : named) {
    auto entry = std::make_unique<compiled::NamedT>();
    entry->name = name;
    entry->rules = std::move(rules);
    file.named.push_back(std::move(entry));
  }
}

}  // namespace

std::uint32_t Draft::path_index(const std::string& path) {
  const auto [found, is_new] = m_paths.try_emplace(path, static_cast<std::uint32_t>(set.paths.size()));
  if (is_new) {
    static const std::map<std::string, compiled::Place> kPlaces{
        {"command.argv", compiled::Place::argv},     {"command.line", compiled::Place::line},
        {"command.name", compiled::Place::name},     {"command.path", compiled::Place::program},
        {"command.sha256", compiled::Place::sha256}, {"command.subcommand", compiled::Place::subcommand}};
    auto entry = std::make_unique<compiled::PathT>();
    entry->text = path;
    const auto place = kPlaces.find(path);
    if (place != kPlaces.end()) entry->place = place->second;
    if (path.starts_with("command.options.")) entry->place = compiled::Place::option;
    if (path.starts_with("systems.") || path == "labels.system" || path == "labels.environment")
      entry->place = compiled::Place::system;
    set.paths.push_back(std::move(entry));
  }
  return found->second;
}

void note_conflict(Reader& reader, const yaml::Node& key, const std::string& what, const Place& first) {
  reader.problem(
      key, what + " is defined twice: also at " + first.file + ":" + std::to_string(first.node.mark.line));
}

void read_file(Reader& reader, const yaml::Node& root, Draft& draft) {
  auto file = std::make_unique<compiled::FileT>();
  file->path = reader.file();
  if (reader.map_of(root, "a policy", kFileKeys)) {
    read_version(reader, root);
    if (root.find("version") != nullptr && root.entries.size() == 1) {
      reader.problem(root, "a policy that says nothing: it has a version and no rules");
    }
    read_entries(reader, root, "groups",
                 [&](const Node& k, const Node& v) { read_group(reader, k, v, draft); });
    if (const Node* env = root.find("env")) read_env(reader, *env, draft);
    read_entries(reader, root, "commands",
                 [&](const Node& k, const Node& v) { read_command(reader, k, v, draft); });
    read_entries(reader, root, "systems",
                 [&](const Node& k, const Node& v) { read_system(reader, k, v, draft); });
    read_entries(reader, root, "channels",
                 [&](const Node& k, const Node& v) { read_channel(reader, k, v, draft); });
    read_entries(reader, root, "warnings",
                 [&](const Node& k, const Node& v) { read_source(reader, k, v, draft); });
    for (const auto& [key, value] : root.entries) {
      if (key.scalar == "link") read_link(reader, key, value, draft);
    }
    read_signers(reader, root, draft);
    read_each(reader, root, "rules", [&](const Node& rule) { read_rule(reader, rule, draft, *file); });
    read_each(reader, root, "freezes", [&](const Node& freeze) { read_freeze(reader, freeze, draft); });
    read_each(reader, root, "tests", [&](const Node& test) { read_test(reader, test, draft); });
  }
  index_rules(draft.set, *file);
  draft.set.files.push_back(std::move(file));
}

}  // namespace jit::policy
