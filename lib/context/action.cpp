#include "context/action.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "context/environment.hpp"
#include "context/previews.hpp"
#include "util/text.hpp"

namespace jit::context {
namespace {

using util::Json;

constexpr std::size_t kMaxShown = 80;
constexpr const char* kOnlyTouched = ": touched or replaced, and its content is not bound";

Json member(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? Json(nullptr) : *found;
}

// A value for a person: one line, cut with "…" between two code points.
std::string shown(const Json& value) {
  if (value.is_null()) return "not known";
  const std::string text =
      util::visible(value.is_string() ? value.get<std::string>() : util::compact_json(value));
  if (text.empty()) return "empty";
  if (text.size() <= kMaxShown) return text;
  std::size_t end = kMaxShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end) + "…";
}

std::map<std::string, Json> leaves(const Json& value, const std::string& path) {
  std::map<std::string, Json> result;
  if (value.is_object()) {
    for (const auto& [key, child] : value.items())
      result.merge(leaves(child, path.empty() ? key : path + "." + key));
  } else {
    result.emplace(path, value);
  }
  return result;
}

void compare_leaves(const Json& approved, const Json& now, const std::string& path,
                    std::vector<std::string>& words) {
  const auto before = leaves(approved, path);
  const auto after = leaves(now, path);
  std::set<std::string> paths;
  for (const auto* side : {&before, &after}) {
    for (const auto& [leaf, value] : *side) paths.insert(leaf);
  }
  for (const auto& leaf : paths) {
    const auto old_value = before.find(leaf);
    const auto new_value = after.find(leaf);
    const std::string name = util::visible(leaf);
    if (old_value == before.end()) {
      words.push_back(name + " was not there, is " + shown(new_value->second));
    } else if (new_value == after.end()) {
      words.push_back(name + " was " + shown(old_value->second) + ", is not there");
    } else if (old_value->second != new_value->second) {
      std::string was = shown(old_value->second);
      std::string is = shown(new_value->second);
      // Where they differ only after the cut, the words must not look like a joke.
      if (was == is) is += " (it differs further on)";
      words.push_back(name + " was " + was + ", is " + is);
    }
  }
}

void compare_words(const Json& approved, const Json& now, std::vector<std::string>& words) {
  if (approved == now) return;
  if (!approved.is_array() || !now.is_array()) return compare_leaves(approved, now, "command.argv", words);
  if (approved.size() != now.size()) {
    words.push_back("command.argv had " + std::to_string(approved.size()) + " words, has " +
                    std::to_string(now.size()));
  }
  for (std::size_t i = 0; i < std::min(approved.size(), now.size()); ++i) {
    if (approved[i] == now[i]) continue;
    compare_leaves(approved[i], now[i], "command.argv[" + std::to_string(i) + "]", words);
    return;  // the first one tells enough
  }
}

std::map<std::string, Json> by_path(const Json& files) {
  std::map<std::string, Json> result;
  if (!files.is_array()) return result;
  for (const auto& file : files) {
    const Json path = member(file, "path");
    result.emplace(path.is_string() ? path.get<std::string>() : "?", file);
  }
  return result;
}

void compare_files(const Json& approved, const Json& now, std::vector<std::string>& words) {
  const auto before = by_path(approved);
  const auto after = by_path(now);
  for (const auto& [path, file] : before) {
    const auto found = after.find(path);
    const std::string name = shown(path);
    if (found == after.end()) {
      words.push_back(name + ": is no longer there");
    } else if (found->second == file) {
      continue;
    } else if (member(file, "sha256").is_null() && member(found->second, "sha256").is_null()) {
      words.push_back(name + kOnlyTouched);
    } else if (member(found->second, "sha256").is_null()) {
      words.push_back(name + ": can no longer be compared, " + shown(member(found->second, "why")));
    } else {
      words.push_back(name + ": content changed");
    }
  }
  for (const auto& [path, file] : after) {
    if (!before.contains(path)) words.push_back(shown(path) + ": was not there");
  }
}

Json without(Json object, std::initializer_list<const char*> keys) {
  if (object.is_object()) {
    for (const char* key : keys) object.erase(key);
  }
  return object;
}

}  // namespace

Json action_of(const Json& context) {
  const Json user = member(context, "user");
  Json action = Json::object();
  action["command"] = without(member(context, "command"), {"line", "subcommand", "options"});
  action["user"] = {{"name", member(user, "name")}, {"uid", member(user, "uid")}};
  action["host"] = {{"name", member(member(context, "host"), "name")}};
  for (const char* section : {"git", "env", "unsafe_env", "labels", "raw"})
    action[section] = member(context, section);
  // Not said where there is none: so the digests of before there was such a thing still stand.
  if (context.is_object() && context.contains("preview"))
    action["preview"] = bound_previews(context["preview"]);
  return action;
}

util::Digest digest_of(const Json& context) {
  return util::Digest::of(util::canonical_json(action_of(context)));
}

std::vector<std::string> differences(const Json& approved, const Json& now) {
  std::vector<std::string> words;
  const Json before = action_of(approved);
  const Json after = action_of(now);
  if (before == after) return words;
  const Json& old_command = before["command"];
  const Json& new_command = after["command"];
  compare_words(member(old_command, "argv"), member(new_command, "argv"), words);
  const bool same_place = member(old_command, "path") == member(new_command, "path");
  if (same_place && member(old_command, "sha256") != member(new_command, "sha256")) {
    words.push_back(shown(member(new_command, "path")) + ": content changed");
  }
  if (same_place && member(old_command, "stamp") != member(new_command, "stamp")) {
    words.push_back(shown(member(new_command, "path")) + kOnlyTouched);
  }
  compare_files(member(old_command, "files"), member(new_command, "files"), words);
  if (member(old_command, "redactions") != member(new_command, "redactions")) {
    words.emplace_back("a value that is shown as [redacted] changed");
  }
  for (auto& difference :
       environment_differences(member(old_command, "environment"), member(new_command, "environment")))
    words.push_back(std::move(difference));
  const auto rest_of = [&](const Json& command) {
    return without(command,
                   {"argv", "files", "redactions", "environment", "stamp", same_place ? "sha256" : ""});
  };
  compare_leaves(rest_of(old_command), rest_of(new_command), "command", words);
  compare_leaves(without(before, {"command", "raw", "preview"}),
                 without(after, {"command", "raw", "preview"}), "", words);
  compare_previews(member(before, "preview"), member(after, "preview"), words);
  // Last, because it mostly repeats in hex what was said above.
  if (words.empty()) compare_leaves(before["raw"], after["raw"], "raw", words);
  if (words.empty()) words.emplace_back("the context changed");
  return words;
}

std::vector<std::string> not_comparable(const Json& now) {
  const Json git = member(now, "git");
  if (member(git, "late") != Json(true)) return {};
  return {"git cannot be compared: " + shown(member(git, "why"))};
}

}  // namespace jit::context
