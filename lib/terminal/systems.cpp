#include "terminal/systems.hpp"

#include <nlohmann/json.hpp>

#include "util/text.hpp"

namespace jit::terminal {
namespace {

using util::Json;
using util::visible;

std::string system_text(const Json& system) {
  if (!system.is_object()) return text_of(system);
  std::vector<std::string> details;
  const auto add = [&](const char* before, const std::string& text) {
    if (!text.empty()) details.push_back(before + text);
  };
  add("", text_of(member(system, "environment")));
  const Json& owners = member(system, "owners");
  std::vector<std::string> names;
  for (std::size_t i = 0; owners.is_array() && i < owners.size(); ++i) names.push_back(text_of(owners[i]));
  add("owners ", owners.is_array() ? util::join(names, " ") : text_of(owners));
  add("", text_of(member(system, "link")));
  return text_of(member(system, "name"), "unknown") +
         (details.empty() ? "" : " (" + util::join(details, ", ") + ")");
}

std::vector<std::string> texts_of(const Json& systems) {
  std::vector<std::string> texts;
  if (systems.is_null()) return texts;
  if (!systems.is_array()) return {text_of(systems)};
  for (const auto& system : systems) texts.push_back(system_text(system));
  return texts;
}

}  // namespace

std::vector<std::string> system_texts(const Json& context) {
  return texts_of(member(context, "systems"));
}

void show_systems(Sheet& sheet, Facts& facts) {
  const char* heading = "System";
  for (const auto& text : texts_of(facts.take("systems"))) {
    sheet.text(heading, text);
    heading = "";
  }
  facts.take("overridden_labels");  // a warning says it
}

std::vector<std::string> label_warnings(const Json& context) {
  std::vector<std::string> found;
  const Json& overridden = member(context, "overridden_labels");
  if (!overridden.is_object()) return found;
  for (const auto& [label, given] : overridden.items()) {
    const std::string name = visible(label);
    found.push_back("the requester's label " + name + "=" + visible(text_of(given)) +
                    " does not count: by the policies it is " +
                    visible(text_of(member(member(context, "labels"), label.c_str()), "not so")));
  }
  return found;
}

}  // namespace jit::terminal
