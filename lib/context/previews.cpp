#include "context/previews.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "context/line_diff.hpp"
#include "util/text.hpp"

namespace jit::context {
namespace {

using util::Json;

constexpr std::size_t kMostLines = 60;
constexpr std::size_t kLongest = 200;

const Json& part_of(const Json& object, const char* key) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

std::string cut_part(const std::string& text) {
  if (text.size() <= kLongest) return text;
  std::size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end) + "…";
}

std::string shown_part(const Json& value) {
  if (value.is_null()) return "not known";
  return cut_part(util::visible(value.is_string() ? value.get<std::string>() : util::compact_json(value)));
}

std::string name_of(const Json& preview) {
  return "preview of rule " + shown_part(part_of(preview, "rule"));
}

std::vector<std::string> lines_of(const Json& preview) {
  std::vector<std::string> lines;
  const Json& list = part_of(preview, "lines");
  if (!list.is_array()) return lines;
  for (const auto& line : list)
    lines.push_back(line.is_string() ? line.get<std::string>() : util::compact_json(line));
  return lines;
}

void compare_preview(const Json& approved, const Json& now, std::vector<std::string>& words) {
  const std::string name = name_of(now);
  for (const char* key : {"argv", "path", "exit"}) {
    const Json& before = part_of(approved, key);
    const Json& after = part_of(now, key);
    if (before != after)
      words.push_back(name + ": " + key + " was " + shown_part(before) + ", is " + shown_part(after));
  }
  if (const Json& why = part_of(now, "why"); !why.is_null() && why != part_of(approved, "why"))
    words.push_back(name + ": could not be made: " + shown_part(why));
  const bool same_program = part_of(approved, "path") == part_of(now, "path");
  if (same_program && (part_of(approved, "sha256") != part_of(now, "sha256") ||
                       part_of(approved, "stamp") != part_of(now, "stamp")))
    words.push_back(name + ": its program " + shown_part(part_of(now, "path")) + ": content changed");
  const auto diff = line_diff(lines_of(approved), lines_of(now), kMostLines);
  if (!diff.empty()) words.push_back(name + ": what it shows is not what was approved");
  for (const auto& line : diff) words.push_back("  " + cut_part(util::visible(line)));
  if (part_of(approved, "fingerprint") != part_of(now, "fingerprint") && diff.empty())
    words.push_back(name + ": something in it that is not shown as it was changed");
}

// Those of the same rule belong together, in their order.
const Json* counterpart(const Json& previews, const Json& of, std::size_t ordinal) {
  for (const auto& preview : previews) {
    if (part_of(preview, "rule") == part_of(of, "rule") && ordinal-- == 0) return &preview;
  }
  return nullptr;
}

std::size_t ordinal_of(const Json& previews, std::size_t at) {
  const auto same = [&](const Json& other) {
    return part_of(other, "rule") == part_of(previews[at], "rule");
  };
  return static_cast<std::size_t>(
      std::count_if(previews.begin(), previews.begin() + static_cast<std::ptrdiff_t>(at), same));
}

}  // namespace

Json bound_previews(const Json& previews) {
  Json bound = previews;
  if (!bound.is_array()) return bound;
  for (auto& preview : bound) {
    if (preview.is_object()) preview.erase("ignored");
  }
  return bound;
}

void compare_previews(const Json& approved, const Json& now, std::vector<std::string>& words) {
  static const Json kNone = Json::array();
  if (approved == now) return;
  const Json& before = approved.is_array() ? approved : kNone;
  const Json& after = now.is_array() ? now : kNone;
  const std::size_t said = words.size();
  for (std::size_t at = 0; at < before.size(); ++at) {
    const Json* match = counterpart(after, before[at], ordinal_of(before, at));
    if (match == nullptr) {
      words.push_back(name_of(before[at]) + ": is no longer made");
    } else if (*match != before[at]) {
      compare_preview(before[at], *match, words);
    }
  }
  for (std::size_t at = 0; at < after.size(); ++at) {
    if (counterpart(before, after[at], ordinal_of(after, at)) == nullptr)
      words.push_back(name_of(after[at]) + ": was not made when it was approved");
  }
  if (words.size() == said) words.emplace_back("the previews changed");
}

}  // namespace jit::context
