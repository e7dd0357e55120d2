#include "policy/facts.hpp"

#include <compiled_generated.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "context/redact.hpp"
#include "policy/systems.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

namespace jit::policy {
namespace {

constexpr std::size_t kLongestShown = 80;
constexpr std::string_view kOptions = "command.options.";

bool is_hidden(std::string_view text) {
  return text.find(context::kRedacted) != std::string_view::npos;
}

Value text_value(std::string_view text) {
  Value value;
  value.kind = Value::Kind::text;
  value.text = text;
  value.hidden = is_hidden(text);
  return value;
}

Value words_value(const std::vector<std::string>& words) {
  Value value;
  value.kind = words.empty() ? Value::Kind::absent : Value::Kind::words;
  value.words = &words;
  value.hidden = std::any_of(words.begin(), words.end(), is_hidden);
  return value;
}

Value option_value(const context::Reading& reading, std::string_view path) {
  if (!path.starts_with(kOptions)) return {};  // a compiled set from a foreign hand
  const std::string option(path.substr(kOptions.size()));
  const auto found = reading.values.find(option);
  if (found != reading.values.end()) return text_value(found->second);
  if (std::find(reading.switches.begin(), reading.switches.end(), option) == reading.switches.end())
    return {};
  Value value;
  value.kind = Value::Kind::boolean;
  value.boolean = true;
  return value;
}

std::vector<std::string> names_of(const util::Json& section) {
  std::vector<std::string> names;
  for (const auto& [name, value] : section.items()) names.push_back(name);
  return names;
}

bool is_there(const util::Json* json) {
  return json != nullptr && !json->is_null();
}

std::string cut(std::string text) {
  if (text.size() <= kLongestShown) return text;
  text.resize(kLongestShown);
  while (!text.empty() && !util::is_utf8(text)) text.pop_back();
  return text + "…";
}

std::size_t bytes_of(const util::Json& json) {
  if (json.is_string()) return json.get_ref<const std::string&>().size();
  std::size_t bytes = 0;
  for (const auto& part : json) bytes += 1 + (part.is_primitive() && !part.is_string() ? 0 : bytes_of(part));
  return bytes;
}

std::size_t bytes_of(const Value& value) {
  std::size_t bytes = value.text.size();
  if (value.words != nullptr) {
    for (const auto& word : *value.words) bytes += 1 + word.size();
  }
  return bytes + (value.list == nullptr ? 0 : bytes_of(*value.list));
}

}  // namespace

Value value_of(const util::Json* json) {
  Value value;
  if (json == nullptr || json->is_null()) return value;
  if (json->is_string()) return text_value(json->get_ref<const std::string&>());
  if (json->is_boolean()) {
    value.kind = Value::Kind::boolean;
    value.boolean = json->get<bool>();
  } else if (json->is_number_integer()) {
    value.kind = Value::Kind::integer;
    value.integer = json->get<std::int64_t>();
  } else if (json->is_array()) {
    value.kind = Value::Kind::list;
    value.list = json;
    value.hidden = is_hidden(json->dump());
  } else {
    value.kind = Value::Kind::object;
  }
  return value;
}

std::string to_text(const Value& value) {
  switch (value.kind) {
    case Value::Kind::absent:
      return "not there";
    case Value::Kind::text:
      return "\"" + cut(std::string(value.text)) + "\"";
    case Value::Kind::integer:
      return std::to_string(value.integer);
    case Value::Kind::boolean:
      return value.boolean ? "true" : "false";
    case Value::Kind::words:
      return cut("[" + util::join(*value.words, ", ") + "]");
    case Value::Kind::list:
      return cut(util::compact_json(*value.list));
    case Value::Kind::object:
      return "something else";
  }
  return "";
}

SharedFacts::SharedFacts(const compiled::Set& set, context::Source& source)
    : m_set(set), m_source(source), m_values(set.paths()->size()) {}

bool SharedFacts::spend(const Value& value, std::size_t patterns) {
  constexpr std::size_t kBytes = 64;  // of a text take about as long as all else, the worst pattern supposed
  if (!m_counts) return true;
  m_left -= std::min(m_left, patterns * (1 + bytes_of(value) / kBytes));
  return m_left > 0;
}

const Value& SharedFacts::at(std::uint32_t path) {
  auto& value = m_values.at(path);
  if (!value) {
    const auto* text = m_set.paths()->Get(path)->text();
    const util::Json* found = m_source.find({text->c_str(), text->size()});
    value = value_of(found);
    if (value->kind == Value::Kind::object) value = words_value(m_names[path] = names_of(*found));
  }
  return *value;
}

std::string SharedFacts::untold(std::uint32_t path) {
  const auto* entry = m_set.paths()->Get(path);
  const std::string_view text(entry->text()->c_str(), entry->text()->size());
  if (text.starts_with("activity.") && text != "activity.why") {
    const util::Json* why = m_source.find("activity.why");
    return why != nullptr && why->is_string() ? why->get<std::string>() : "";
  }
  const bool of_git = text.starts_with("git.") && text != "git.why";
  if ((!of_git && text != "command.sha256") || at(path).kind != Value::Kind::absent) return "";
  if (!of_git) return is_there(m_source.find("command.path")) ? "the file cannot be read" : "";
  const util::Json* why = m_source.find("git.why");
  if (why != nullptr && why->is_string()) return why->get<std::string>();
  return text == "git.dirty" && is_there(m_source.find("git.root")) ? "git could not tell" : "";
}

Facts::Facts(SharedFacts& shared, const Candidate& candidate)
    : m_shared(shared), m_candidate(candidate), m_values(candidate.readings.all.size()) {}

std::string Facts::unknown(std::uint32_t path, std::size_t reading) {
  if (path >= m_shared.set().paths()->size()) return "no such path";
  std::string why = untold(path);
  if (why.empty() && m_mistrust_hidden && at(path, reading).hidden) why = "something in it is redacted";
  return why;
}

std::string Facts::untold(std::uint32_t path) {
  switch (m_shared.set().paths()->Get(path)->place()) {
    case compiled::Place::subcommand:
    case compiled::Place::option:
      return m_candidate.readings.too_many ? "can be read in too many ways" : "";
    case compiled::Place::sha256:
      return m_candidate.inner ? unread_file() : m_shared.untold(path);
    case compiled::Place::context:
      return m_shared.untold(path);
    case compiled::Place::system:
      return m_systems == nullptr ? "it may be about more than one system, or about none" : "";
    case compiled::Place::argv:
    case compiled::Place::line:
    case compiled::Place::name:
    case compiled::Place::program:
      break;
  }
  return "";
}

std::string Facts::unread_file() {
  if (m_candidate.remote) return "";
  const util::Json* file = file_of(m_candidate.argv.front(), m_shared.source());
  if (file == nullptr || is_there(context::find_in(*file, "sha256"))) return "";
  const util::Json* why = context::find_in(*file, "why");
  return why != nullptr && why->is_string() ? why->get<std::string>() : "the file cannot be read";
}

// Not kept: it is another one in another reading of the systems.
const Value& Facts::system_value(std::uint32_t path) {
  static const Value kAbsent;
  const auto* entry = m_shared.set().paths()->Get(path)->text();
  const std::string_view text(entry->c_str(), entry->size());
  const Value* value = m_systems == nullptr ? nullptr : m_systems->find(text);
  if (value != nullptr) return *value;
  return text.starts_with("labels.") ? m_shared.at(path) : kAbsent;
}

const Value& Facts::at(std::uint32_t path, std::size_t reading) {
  if (m_shared.set().paths()->Get(path)->place() == compiled::Place::system) return system_value(path);
  auto& values = m_values.at(reading);
  if (values.empty()) values.resize(m_shared.set().paths()->size());
  auto& value = values.at(path);
  if (!value) value = look_up(path, reading);
  return *value;
}

const std::string& Facts::line() {
  if (!m_line) m_line = util::shell_line(m_candidate.argv);
  return *m_line;
}

Value Facts::file_value(const char* key) {
  if (m_candidate.remote) return {};
  const util::Json* file = file_of(m_candidate.argv.front(), m_shared.source());
  return file == nullptr ? Value{} : value_of(context::find_in(*file, key));
}

Value Facts::look_up(std::uint32_t path, std::size_t reading) {
  const compiled::Path& entry = *m_shared.set().paths()->Get(path);
  switch (entry.place()) {
    case compiled::Place::context:
    case compiled::Place::system:
      break;
    case compiled::Place::argv:
      return words_value(m_candidate.argv);
    case compiled::Place::line:
      return m_candidate.argv.empty() ? Value{} : text_value(line());
    case compiled::Place::name:
      return m_candidate.name.empty() ? Value{} : text_value(m_candidate.name);
    case compiled::Place::program:
      if (m_candidate.inner) return file_value("path");
      break;
    case compiled::Place::sha256:
      if (m_candidate.inner) return file_value("sha256");
      break;
    case compiled::Place::subcommand:
      return text_value(m_candidate.readings.all[reading].subcommand);
    case compiled::Place::option:
      return option_value(m_candidate.readings.all[reading], {entry.text()->c_str(), entry.text()->size()});
  }
  return m_shared.at(path);
}

}  // namespace jit::policy
