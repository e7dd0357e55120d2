#include "policy/fill_sources.hpp"

#include <compiled_generated.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "policy/candidates.hpp"
#include "policy/facts.hpp"
#include "policy/fill_preview.hpp"
#include "policy/set_data.hpp"

namespace jit::policy {
namespace {

bool is_literal_word(const compiled::PreviewWord& word) {
  return std::none_of(word.parts()->begin(), word.parts()->end(),
                      [](const auto* part) { return part->is_reference(); });
}

std::string literal(const compiled::PreviewWord& word) {
  std::string text;
  for (const auto* part : *word.parts()) text += part->text()->str();
  return text;
}

/// The values of one context; nothing is looked up before a label wants it.
class LabelFiller {
 public:
  LabelFiller(const Set::Data& data, context::Source& source) : m_data(data), m_source(source) {}

  // nullopt where one of them cannot be told.
  std::optional<std::vector<std::string>> values(const compiled::SourceLabel& label) {
    std::vector<std::string> all;
    for (const auto* word : *label.values()) {
      if (is_literal_word(*word)) {
        all.push_back(literal(*word));
        continue;
      }
      const auto filled = fill(*word);
      if (!filled) return std::nullopt;
      all.insert(all.end(), filled->begin(), filled->end());
    }
    return all;
  }

 private:
  std::optional<std::vector<std::string>> fill(const compiled::PreviewWord& word) {
    if (!m_candidates) look();
    if (!m_is_certain) return std::nullopt;
    auto words = fill_word(word, *m_facts);
    // `--context=` is no context of that name, but whichever is the usual one.
    const bool is_empty =
        words && std::any_of(words->begin(), words->end(), [](const auto& text) { return text.empty(); });
    return is_empty ? std::nullopt : words;
  }

  void look() {
    m_candidates = candidates_of(m_source, m_data.specs);
    const util::Json* raw = m_source.find("raw");
    const auto& all = m_candidates->all;
    m_is_certain = !m_candidates->opaque && (raw == nullptr || raw->empty()) &&
                   std::none_of(all.begin(), all.end(), [](const auto& one) { return one.inner; });
    m_shared.emplace(*m_data.compiled, m_source);
    m_facts.emplace(*m_shared, all.front());
  }

  const Set::Data& m_data;
  context::Source& m_source;
  std::optional<Candidates> m_candidates;
  std::optional<SharedFacts> m_shared;
  std::optional<Facts> m_facts;
  bool m_is_certain = false;
};

}  // namespace

std::vector<live::Source> sources_for(const Set& set, context::Source& source) {
  auto sources = set.warning_sources();
  if (sources.empty()) return sources;
  const auto& packed = *set.data().compiled->warnings();
  LabelFiller filler(set.data(), source);
  for (std::uint32_t i = 0; i < packed.size(); ++i) {
    for (const auto* label : *packed.Get(i)->labels()) {
      if (auto values = filler.values(*label)) sources[i].labels[label->name()->str()] = std::move(*values);
    }
  }
  return sources;
}

}  // namespace jit::policy
