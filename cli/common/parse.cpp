#include "cli/common/parse.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::cli {
namespace {

constexpr std::size_t kLine = 80;

// Broken at spaces.
std::string wrap(const std::string& text, std::size_t width) {
  std::string wrapped;
  std::size_t start = 0;  // of the line
  for (std::size_t word = 0; word < text.size();) {
    const std::size_t space = std::min(text.find(' ', word), text.size());
    if (word > start && space - start > width) {
      wrapped.back() = '\n';
      start = word;
    }
    wrapped += text.substr(word, space + 1 - word);
    word = space + 1;
  }
  return wrapped;
}

// CLI11's help, with no line wider than a terminal.
class Help : public CLI::Formatter {
 public:
  std::string make_option_desc(const CLI::Option* option) const override {
    return wrap(option->get_description(), kLine - column_width_);
  }
  std::string make_subcommand(const CLI::App* command) const override {
    std::ostringstream out;
    CLI::detail::format_help(out, command->get_name(),
                             wrap(command->get_description(), kLine - column_width_), column_width_);
    return out.str();
  }
};

void set_formatter(CLI::App& app, const std::shared_ptr<CLI::FormatterBase>& formatter) {
  app.formatter(formatter);
  for (CLI::App* command : app.get_subcommands({})) set_formatter(*command, formatter);
}

// How far it was understood.
const CLI::App& last_command(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : last_command(*parsed.front());
}

std::string path_of(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return (parent == nullptr ? "" : path_of(*parent) + " ") + app.get_name();
}

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

// With those of the commands that it is a part of.
std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* part = &app; part != nullptr; part = part->get_parent()) {
    for (const CLI::Option* option : part->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

bool has(const std::string& text, const char* words) {
  return text.find(words) != std::string::npos;
}

// In words of ours, what CLI11 says in its own: "--config: At Most 1 required but received 2".
std::string words_of(const CLI::ParseError& error, const std::vector<std::string>& unknown) {
  const std::string text = error.what();
  const std::string option = text.substr(0, text.find(':'));
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) && !unknown.empty())
    return "there is nothing to do with the word \"" + unknown.front() + "\"";
  if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::ArgumentMismatch)) return text;
  if (has(text, "At Most 1") || has(text, "received 2")) return option + " is given more than once";
  return has(text, "missing") ? option + " needs a value" : text;
}

[[noreturn]] void refuse(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = last_command(app);
  const auto commands = commands_of(command);
  const auto unknown = app.remaining(true);
  const std::string hint = path_of(command) + " --help";
  if (!unknown.empty() && unknown.front().starts_with("-")) {
    const std::string option = unknown.front().substr(0, unknown.front().find('='));
    throw util::UsageError("there is no option " + option + util::did_you_mean(option, options_of(command)),
                           hint);
  }
  if (!commands.empty() && !unknown.empty()) require_command(unknown.front(), commands, hint);
  if (command.get_require_subcommand_min() > 0)
    throw util::UsageError("no command: one of " + util::join(commands, ", "), hint);
  throw util::UsageError(words_of(error, unknown), hint);
}

// "token add --help" asks about something that there is not.
void require_known(const CLI::App& app) {
  const CLI::App& command = last_command(app);
  const auto commands = commands_of(command);
  const auto words = app.remaining(true);
  if (!commands.empty() && !words.empty() && !words.front().starts_with("-"))
    require_command(words.front(), commands, path_of(command) + " --help");
}

}  // namespace

bool parse(CLI::App& app, std::vector<std::string> words) {
  set_formatter(app, std::make_shared<Help>());
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(std::move(words));
  } catch (const CLI::Success& success) {
    require_known(app);
    app.exit(success);
    return false;
  } catch (const CLI::ParseError& error) {
    refuse(app, error);
  }
  return true;
}

bool parse(CLI::App& app, int argc, char** argv) {
  return parse(app, std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
}

void require_command(const std::string& word, const std::vector<std::string>& commands,
                     const std::string& hint) {
  if (std::find(commands.begin(), commands.end(), word) != commands.end()) return;
  throw util::UsageError("there is no command \"" + word + "\"" + util::did_you_mean(word, commands), hint);
}

}  // namespace jit::cli
