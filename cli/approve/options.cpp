#include "cli/approve/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "cli/common/parse.hpp"
#include "util/error.hpp"

namespace jit::cli::approve {
namespace {

const std::map<std::string, Command>& commands() {
  static const std::map<std::string, Command> kByName{
      {"list", Command::list},       {"show", Command::show},
      {"approve", Command::approve}, {"acknowledge", Command::acknowledge},
      {"dispute", Command::dispute}, {"deny", Command::deny},
      {"revoke", Command::revoke},   {"withdraw", Command::withdraw},
      {"watch", Command::watch},     {"grants", Command::grants}};
  return kByName;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const auto& [name, command] : commands()) names.push_back(name);
  return names;
}

// The options that settings have: --token-file for token_file. `quiet` means nothing here.
std::vector<std::string> setting_names() {
  std::vector<std::string> names;
  for (auto key : config::keys()) {
    if (key == "quiet") continue;
    std::replace(key.begin(), key.end(), '_', '-');
    names.push_back("--" + key);
  }
  return names;
}

// A command line, divided. CLI11 checks which options a command has; what people wrote as an id or a message
// it must not see, for it takes "[a,b]" apart and a message that begins with a dash for an option.
struct Words {
  std::vector<std::string> own, operands;
  std::string message;
};

Words divide(int argc, char** argv) {
  auto valued = setting_names();
  valued.emplace_back("--config");
  const std::vector<std::string> all(argv + std::min(argc, 1), argv + argc);
  Words words;
  bool has_command = false;
  for (auto word = all.begin(); word != all.end(); ++word) {
    const bool has_next = word + 1 != all.end();
    if (*word == "--") {
      words.operands.insert(words.operands.end(), word + 1, all.end());
      break;
    }
    if ((*word == "-m" || *word == "--message") && has_next) {
      words.message = *++word;
      words.own.emplace_back("--message=given");
    } else if (word->starts_with("--message=")) {
      words.message = word->substr(std::string("--message=").size());
      words.own.emplace_back("--message=given");
    } else if (word->starts_with("-m") && word->size() > 2) {
      words.message = word->substr(2);
      words.own.emplace_back("--message=given");
    } else if (word->starts_with('-') && *word != "-") {
      words.own.push_back(*word);
      const bool takes_value = std::find(valued.begin(), valued.end(), *word) != valued.end();
      if (takes_value && has_next) words.own.push_back(*++word);
    } else if (!has_command) {
      has_command = true;
      // Behind an unknown option it may be that one's value: the parser names the option.
      const bool follows_option = !words.own.empty() && words.own.back().starts_with("--");
      if (!follows_option) cli::require_command(*word, command_names(), "jit-approve --help");
      words.own.push_back(*word);
    } else {
      words.operands.push_back(*word);
    }
  }
  return words;
}

// What CLI11 needs to know, and to print for --help.
struct Parser {
  explicit Parser(Options& options) : app("See what waits for approval, judge it, decide.", "jit-approve") {
    app.set_version_flag("--version", std::string("jit-approve ") + JIT_VERSION);
    app.require_subcommand(0, 1)->fallthrough();
    app.footer("Without a command, on a terminal: the inbox, live.");
    app.add_option("--config", options.sources.config_file, "read this file instead of your own");
    for (const auto& name : setting_names()) {
      std::string key = name.substr(2);
      std::replace(key.begin(), key.end(), '-', '_');
      const auto take = [&options, key](const std::string& value) { options.sources.flags[key] = value; };
      app.add_option_function<std::string>(name, take, config::what_is(key))
          ->group("Settings, as in config.yaml");
    }
    add("list", "what waits for you")->add_flag("--all", options.all, "everything, also what is decided");
    add("show", "everything about one request, complete", "ID");
    auto* approving = add("approve", "see the action, and approve it", "ID...");
    approving->add_flag("--yes", options.yes, "do not ask");
    approving->add_flag("--sign", options.sign, "sign it with the key that signing_key names");
    add("deny", "say no, and why", "ID...");
    add("acknowledge", "what ran by break-glass was right", "ID...");
    add("dispute", "what ran by break-glass was not, and why", "ID...");
    add("revoke", "take back an approval that has not been used", "ID");
    add("withdraw", "take back your own request, or as root anybody's", "ID...");
    add("grants", "approvals that can still be used; revoke ends them");
    add("watch", "one line for each event, until interrupted");
    for (const char* name : {"list", "show", "watch", "grants"})
      sub(name)->add_flag("--json", options.json, "print JSON");
    for (const char* name : {"approve", "deny", "acknowledge", "dispute", "revoke"}) {
      sub(name)->add_option("-m,--message", message, "for the requester and the trail")->type_name("TEXT");
    }
  }

  CLI::App* sub(const char* name) { return app.get_subcommand(name); }
  CLI::App* add(const char* name, const char* help, const std::string& operands = {}) {
    auto* command = app.add_subcommand(name, help);
    if (!operands.empty()) command->footer("Operands: " + operands);
    return command;
  }

  CLI::App app;
  std::string message;
};

void require_operands(const Options& options, const std::string& name) {
  const bool none = options.command == Command::list || options.command == Command::watch ||
                    options.command == Command::grants || options.command == Command::inbox;
  const bool one = options.command == Command::show || options.command == Command::revoke;
  if (none && !options.ids.empty())
    throw util::UsageError(name + " takes no ids: \"" + options.ids.front() + "\"", "jit-approve --help");
  if (!none && options.ids.empty())
    throw util::UsageError("which request? " + name + " needs an id", "jit-approve list shows what waits");
  if (one && options.ids.size() > 1) throw util::UsageError(name + " takes one id", "jit-approve --help");
  const bool no_message = options.message.find_first_not_of(" \t\n") == std::string::npos;
  const bool is_refusal = options.command == Command::deny || options.command == Command::revoke ||
                          options.command == Command::dispute;
  if (is_refusal && no_message) {
    throw util::UsageError(name + " needs a reason: the requester will read it", "add -m 'TEXT'");
  }
}

}  // namespace

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  Parser parser(options);
  Words words = divide(argc, argv);
  if (!cli::parse(parser.app, std::move(words.own))) return std::nullopt;
  options.ids = std::move(words.operands);
  options.message = std::move(words.message);
  const auto chosen = parser.app.get_subcommands();
  const std::string name = chosen.empty() ? "jit-approve" : chosen.front()->get_name();
  if (!chosen.empty()) options.command = commands().at(name);
  require_operands(options, name);
  return options;
}

}  // namespace jit::cli::approve
