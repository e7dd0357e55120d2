// jit-policy explain: what the sources of warnings say.
#include "cli/policy/sources.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "live/section.hpp"
#include "policy/fill_sources.hpp"
#include "util/text.hpp"

namespace jit::cli::policies {
namespace {

using util::Json;
using util::visible;

live::Answers not_asked(const std::vector<live::Source>& sources) {
  live::Answers answers;
  for (const auto& source : sources) answers[source.definition()] = {{}, "it was not asked (--offline)"};
  return answers;
}

}  // namespace

context::AskWarnings ShownSources::collector() {
  return [this](context::Source& context) -> Json {
    if (m_mode == Mode::set)
      return {{"critical", 0}, {"warning", 0}, {"unknown", 0}, {"active", Json::array()}};
    const auto sources = policy::sources_for(m_policies, context);
    if (sources.empty()) return nullptr;
    const auto answers = m_mode == Mode::ask ? m_probe.ask(sources) : not_asked(sources);
    for (const auto& source : sources) {
      const auto& answer = answers.at(source.definition());
      const auto selected =
          std::count_if(answer.notices.begin(), answer.notices.end(),
                        [&](const live::Notice& notice) { return live::is_selected(source.labels, notice); });
      m_shown.push_back({source, answer, static_cast<std::size_t>(selected)});
    }
    return live::section(sources, answers);
  };
}

std::string ShownSources::text() const {
  std::string text;
  for (const auto& [source, answer, selected] : m_shown) {
    text += text.empty() ? "\nsources of warnings\n" : "";
    text += "  " + visible(source.name) + " (" + source.kind + "): ";
    if (answer.problem.empty()) {
      text += std::to_string(selected) + " active";
      if (selected != answer.notices.size())
        text += " of " + std::to_string(answer.notices.size()) + " (the others are about something else)";
      text += ", answered in " + util::to_text(std::max(answer.took, util::Millis{1}));
    } else {
      text += "unknown: " + visible(answer.problem);
      if (answer.took.count() > 0) text += ", after " + util::to_text(answer.took);
      if (!answer.hint.empty()) text += "\n    hint: " + visible(answer.hint);
    }
    text += "\n";
    for (const auto& notice : answer.notices) {
      if (live::is_selected(source.labels, notice))
        text += "    " + live::to_text(notice.severity) + ": " + visible(notice.summary) + "\n";
    }
  }
  return text;
}

Json ShownSources::json() const {
  Json list = Json::array();
  for (const auto& [source, answer, selected] : m_shown) {
    const bool is_known = answer.problem.empty();
    list.push_back({{"name", source.name},
                    {"kind", source.kind},
                    {"known", is_known},
                    {"problem", is_known ? Json() : Json(answer.problem)},
                    {"active", is_known ? Json(selected) : Json()},
                    {"took_ms", answer.took.count()}});
  }
  return list;
}

}  // namespace jit::cli::policies
