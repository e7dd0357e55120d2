#include "policy/fill_preview.hpp"

#include <compiled_generated.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "context/redact.hpp"
#include "util/text.hpp"

namespace jit::policy {
namespace {

// What a reference or a word stands for; or why that cannot be told.
struct Found {
  std::vector<std::string> words;
  std::string why;
  friend bool operator==(const Found&, const Found&) = default;
};

Found words_of(const Value& value, bool is_option) {
  switch (value.kind) {
    case Value::Kind::absent:
      return {{}, "is not there"};
    case Value::Kind::text:
      return {{std::string(value.text)}, ""};
    case Value::Kind::integer:
      return {{std::to_string(value.integer)}, ""};
    case Value::Kind::boolean:
      if (is_option) return {{}, "is given without a value"};
      return {{value.boolean ? "true" : "false"}, ""};
    case Value::Kind::words:
      return {*value.words, ""};
    case Value::Kind::list: {
      const auto is_text = [](const util::Json& item) { return item.is_string(); };
      if (!std::all_of(value.list->begin(), value.list->end(), is_text)) break;
      return {value.list->get<std::vector<std::string>>(), ""};
    }
    case Value::Kind::object:
      break;
  }
  return {{}, "is not text"};
}

Found element_of(Found found, int element) {
  const auto size = static_cast<std::int64_t>(found.words.size());
  const std::int64_t index = element < 0 ? size + element : element;
  if (index < 0 || index >= size) return {{}, "has no element " + std::to_string(element)};
  return {{found.words[static_cast<std::size_t>(index)]}, ""};
}

class Filler {
 public:
  Filler(const compiled::Set& set, Facts& facts) : m_set(set), m_facts(facts) {}

  Found words(const compiled::PreviewWord& word) {
    Found all{{""}, ""};
    for (const auto* part : *word.parts()) {
      if (!part->is_reference()) {
        all.words.back() += part->text()->str();
        continue;
      }
      Found found = value(*part);
      if (!found.why.empty()) return {{}, part->text()->str() + " " + found.why};
      if (word.parts()->size() == 1) return found;
      // The loader sees to it that a list stands alone.
      if (found.words.size() != 1) return {{}, part->text()->str() + " is a list"};
      all.words.back() += found.words.front();
    }
    return all;
  }

 private:
  // However the command line can be read, it must be the same.
  Found value(const compiled::PreviewPart& part) {
    if (part.path() >= m_set.paths()->size()) return {{}, "is no path"};
    std::optional<Found> first;
    for (std::size_t reading = 0; reading < m_facts.candidate().readings.all.size(); ++reading) {
      if (auto why = m_facts.unknown(part.path(), reading); !why.empty()) return {{}, "is not known: " + why};
      const bool is_option = m_set.paths()->Get(part.path())->place() == compiled::Place::option;
      Found found = words_of(m_facts.at(part.path(), reading), is_option);
      if (found.why.empty() && part.has_element()) found = element_of(std::move(found), part.element());
      if (first && !(*first == found))
        return {{}, "can be read in more than one way" + how_to_tell(part, *first, found)};
      first = std::move(found);
    }
    if (!first) return {{}, "is not there"};
    for (const auto& word : first->words) {
      if (word.find(context::kRedacted) != std::string::npos) return {{}, "holds something that is redacted"};
    }
    return *first;
  }

  // Of an option that the policies do not know nobody can tell whether the next word is its value; one that
  // is given twice is another matter.
  std::string how_to_tell(const compiled::PreviewPart& part, const Found& one, const Found& other) const {
    constexpr std::string_view kOfOptions = "command.options.";
    const std::string_view path = m_set.paths()->Get(part.path())->text()->string_view();
    if (!path.starts_with(kOfOptions) || (one.why.empty() && other.why.empty())) return "";
    const std::string key(path.substr(kOfOptions.size()));
    return ": \"commands: {" + m_facts.candidate().name + ": {value_options: [" +
           (key.size() == 1 ? "-" : "--") + key + "]}}\" in a policy says that it takes a value";
  }

  const compiled::Set& m_set;
  Facts& m_facts;
};

bool begins_with_reference(const compiled::PreviewWord& word) {
  return word.parts()->size() > 0 && word.parts()->Get(0)->is_reference();
}

// Empty where it can be; what is not the command itself may run elsewhere, in another directory or as another
// user, and a preview that is made here would show something else.
std::string why_not_of(const Candidate& candidate, bool is_utf8) {
  if (candidate.remote || candidate.inner)
    return "the command is run by another one, perhaps elsewhere: run it by itself";
  if (!is_utf8) return "there are bytes that are not UTF-8";
  return "";
}

void fill(const compiled::Preview& packed, Filler filler, Preview& preview) {
  bool after_dashes = false;
  for (const auto* word : *packed.command()) {
    const Found found = filler.words(*word);
    if (!found.why.empty()) {
      preview.why = found.why;
      return;
    }
    for (const auto& text : found.words) {
      if (text.starts_with('-') && begins_with_reference(*word) && !after_dashes) {
        preview.why = "\"" + text + "\" would be taken for an option";
        return;
      }
      preview.argv.push_back(text);
    }
    after_dashes = after_dashes || (!begins_with_reference(*word) && found.words.front() == "--");
  }
}

}  // namespace

std::optional<std::vector<std::string>> fill_word(const compiled::PreviewWord& word, Facts& facts) {
  Found found = Filler(facts.set(), facts).words(word);
  return found.why.empty() ? std::optional(std::move(found.words)) : std::nullopt;
}

Preview fill_preview(const compiled::Rule& rule, Facts& facts, bool is_utf8) {
  const compiled::Preview& packed = *rule.requirement()->preview();
  Preview preview;
  preview.rule = rule.name()->str();
  preview.timeout = util::Millis{packed.timeout()};
  for (const auto* pattern : *packed.ignore()) preview.ignore.push_back(pattern->str());
  preview.exits.assign(packed.exits()->begin(), packed.exits()->end());
  preview.why = why_not_of(facts.candidate(), is_utf8);
  if (preview.why.empty()) fill(packed, Filler(facts.set(), facts), preview);
  if (preview.why.empty() && preview.argv.empty()) preview.why = "it names no program";
  return preview;
}

}  // namespace jit::policy
