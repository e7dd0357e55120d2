#include <algorithm>

#include "policy/draft.hpp"
#include "util/text.hpp"

namespace jit::policy {
namespace {

using yaml::Node;

const std::vector<std::string> kCommandKeys{"value_options", "flags", "abbreviations", "wrapper"};
const std::vector<std::string> kWrapperKeys{"form", "assignments", "skip_words", "shell_options"};
const std::vector<std::string> kForms{"command", "shell", "remote"};
constexpr std::int64_t kMostSkipped = 16;

std::vector<std::string> read_options(Reader& reader, const Node& map, const char* key) {
  const Node* node = map.find(key);
  if (node == nullptr) return {};
  auto options = reader.texts(*node, "\"" + std::string(key) + "\"");
  for (const auto& option : options) {
    if (option.size() < 2 || option[0] != '-' || option == "--" || option.find('=') != std::string::npos) {
      reader.problem(*node, "\"" + option + "\" in \"" + key +
                                "\" is not an option (with its dashes, such as -n or --namespace)");
    }
  }
  return options;
}

void read_wrapper(Reader& reader, const Node& node, compiled::CommandT& command) {
  command.form = compiled::Form::command;
  if (!reader.map_of(node, "\"wrapper\"", kWrapperKeys)) return;
  if (const Node* form = node.find("form")) {
    const auto text = reader.text(*form, "\"form\"").value_or("command");
    if (text == "shell") {
      command.form = compiled::Form::shell;
    } else if (text == "remote") {
      command.form = compiled::Form::remote;
    } else if (text != "command") {
      reader.problem(*form, "unknown form \"" + text + "\"" + util::did_you_mean(text, kForms) +
                                ": command, shell or remote");
    }
  }
  if (const Node* assignments = node.find("assignments")) {
    command.assignments = reader.boolean(*assignments, "\"assignments\"").value_or(false);
  }
  if (const Node* skip = node.find("skip_words")) {
    command.skip_words =
        static_cast<int>(reader.integer(*skip, "\"skip_words\"", 0, kMostSkipped).value_or(0));
  }
  command.shell_options = read_options(reader, node, "shell_options");
}

bool same(const compiled::CommandT& a, const compiled::CommandT& b) {
  return a.value_options == b.value_options && a.flags == b.flags && a.abbreviations == b.abbreviations &&
         a.form == b.form && a.assignments == b.assignments && a.skip_words == b.skip_words &&
         a.shell_options == b.shell_options;
}

void add(Reader& reader, const Node& key, std::unique_ptr<compiled::CommandT> command, Draft& draft) {
  const auto [first, is_new] = draft.commands.try_emplace(command->name, place_of(reader, key));
  if (is_new) {
    draft.set.commands.push_back(std::move(command));
    return;
  }
  for (const auto& known : draft.set.commands) {
    if (known->name == command->name && !same(*known, *command)) {
      note_conflict(reader, key, "command \"" + command->name + "\"", first->second);
    }
  }
}

}  // namespace

void read_command(Reader& reader, const yaml::Node& key, const yaml::Node& node, Draft& draft) {
  auto command = std::make_unique<compiled::CommandT>();
  const auto name = reader.text(key, "the name of a command");
  if (!reader.map_of(node, "the command \"" + key.scalar + "\"", kCommandKeys)) return;
  command->value_options = read_options(reader, node, "value_options");
  command->flags = read_options(reader, node, "flags");
  for (const auto& option : command->flags) {
    const auto& others = command->value_options;
    if (std::find(others.begin(), others.end(), option) != others.end()) {
      reader.problem(*node.find("flags"),
                     "\"" + option + "\" is among \"value_options\" and among \"flags\"");
    }
  }
  if (const Node* abbreviations = node.find("abbreviations")) {
    command->abbreviations = reader.boolean(*abbreviations, "\"abbreviations\"").value_or(false);
  }
  if (const Node* wrapper = node.find("wrapper")) read_wrapper(reader, *wrapper, *command);
  if (!name) return;
  if (name->empty() || name->find('/') != std::string::npos) {
    reader.problem(key, "\"" + *name + "\" is not the name of a command: the last part of its path");
    return;
  }
  command->name = *name;
  add(reader, key, std::move(command), draft);
}

}  // namespace jit::policy
