#include "policy/preview.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "policy/regexes.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::policy {
namespace {

using util::Json;

constexpr std::size_t kMostPreviews = 64;

bool is_one_line(const Json& value) {
  return value.is_string() && value.get_ref<const std::string&>().find('\n') == std::string::npos;
}

bool are_lines(const Json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), is_one_line);
}

bool is_ignored_line(const Json& value) {
  return value.is_object() && value.size() == 2 && value.contains("after") &&
         value["after"].is_number_unsigned() && value.contains("line") && is_one_line(value["line"]);
}

bool are_ignored(const Json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), is_ignored_line);
}

bool are_texts(const Json& value) {
  return value.is_array() &&
         std::all_of(value.begin(), value.end(), [](const Json& word) { return word.is_string(); });
}

bool is_text_or_null(const Json& value) {
  return value.is_null() || value.is_string();
}

bool is_member(const std::string& key, const Json& value) {
  if (key == "argv") return are_texts(value);
  if (key == "lines") return are_lines(value);
  if (key == "ignored") return are_ignored(value);
  if (key == "exit") return value.is_null() || value.is_number_integer();
  if (key == "path" || key == "sha256") return is_text_or_null(value);
  return (key == "rule" || key == "why" || key == "stamp" || key == "fingerprint") && value.is_string();
}

bool is_entry(const Json& entry) {
  if (!entry.is_object()) return false;
  for (const char* key : {"rule", "argv", "path", "sha256", "exit", "lines", "ignored"}) {
    if (!entry.contains(key)) return false;
  }
  for (const auto& [key, value] : entry.items()) {
    if (!is_member(key, value)) return false;
  }
  return true;
}

// Why this entry does not do; empty when it does.
std::string entry_problem(const Preview& wanted, const Json& entry) {
  const std::string could_not = "the preview of rule " + wanted.rule + " could not be made: ";
  if (entry.contains("why")) return could_not + entry["why"].get<std::string>();
  const Json& exit = entry["exit"];
  const bool counts = exit.is_number_integer() && std::find(wanted.exits.begin(), wanted.exits.end(),
                                                            exit.get<std::int64_t>()) != wanted.exits.end();
  if (!counts) return could_not + "exit code " + (exit.is_null() ? "unknown" : exit.dump());
  if (!entry["path"].is_string()) return could_not + "its program is not known";
  Ignored ignored(wanted);
  for (const auto& line : entry["ignored"]) {
    if (!ignored.ignores(line["line"].get_ref<const std::string&>()))
      return "the preview of rule " + wanted.rule + " ignores a line that the rule does not";
  }
  return "";
}

}  // namespace

struct Ignored::Patterns {
  Regexes regexes;
};

Ignored::Ignored(const Preview& preview) : m_preview(preview), m_patterns(std::make_unique<Patterns>()) {}
Ignored::~Ignored() = default;

bool Ignored::ignores(const std::string& line) {
  return std::any_of(m_preview.ignore.begin(), m_preview.ignore.end(), [&](const std::string& pattern) {
    return m_patterns->regexes.finds(pattern, line) == true;
  });
}

std::string preview_problem(const std::vector<Preview>& wanted, const util::Json& context) {
  static const Json kNone = Json::array();
  const auto found = context.find("preview");
  const Json& entries = found == context.end() || !found->is_array() ? kNone : *found;
  std::vector<bool> used(entries.size(), false);
  for (const Preview& preview : wanted) {
    if (!preview.why.empty())
      return "the preview of rule " + preview.rule + " could not be made: " + preview.why;
    std::size_t at = 0;
    while (at < entries.size() && (used[at] || entries[at].value("rule", "") != preview.rule ||
                                   entries[at].value("argv", kNone) != Json(preview.argv)))
      ++at;
    if (at == entries.size()) {
      return "rule " + preview.rule +
             " wants a preview, and it was not made here: " + util::shell_line(preview.argv) +
             " (jit-run makes those that its own policies name)";
    }
    used[at] = true;
    if (auto problem = entry_problem(preview, entries[at]); !problem.empty()) return problem;
  }
  for (std::size_t at = 0; at < used.size(); ++at) {
    if (!used[at])
      return "there is a preview of rule " + entries[at].value("rule", "?") +
             ", and no such rule asks for this one here (are the policies the same?)";
  }
  return "";
}

void require_wellformed_previews(const util::Json& context) {
  const auto found = context.find("preview");
  if (found == context.end()) return;
  const bool good = found->is_array() && !found->empty() && found->size() <= kMostPreviews &&
                    std::all_of(found->begin(), found->end(), is_entry);
  if (!good) throw util::UsageError("the context's preview is not a list of previews");
}

}  // namespace jit::policy
