#include "cli/server/options.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/common/parse.hpp"
#include "util/error.hpp"
#include "util/text.hpp"
#include "yaml/document.hpp"

namespace jit::cli::server {
namespace {

using jit::server::Key;

constexpr const char* kSystemFile = "/etc/jit-run/server.yaml";

// What CLI11 needs to know, and to print for --help.
class Parser {
 public:
  Parser() : m_app("One approval service for a team.", "jit-server") {
    m_app.set_version_flag("--version", std::string("jit-server ") + JIT_VERSION);
    m_app.require_subcommand(1)->fallthrough();
    m_app.add_option("--config", m_config, std::string("instead of ") + kSystemFile);
    for (const Key& key : jit::server::keys()) add_setting(key);
    auto* serve = add(m_app, Command::serve, "serve", "listen and answer");
    auto* check = add(m_app, Command::check, "check", "look whether it could serve, and show all settings");
    for (auto* command : {serve, check}) command->footer("jit-server --help lists the settings.");
    as_json(check);
    add_copies();
    add_tokens();
    add_notify();
  }

  std::optional<Options> read(int argc, char** argv) {
    if (!cli::parse(m_app, argc, argv)) return std::nullopt;
    for (const auto& [app, command] : m_commands) {
      if (app->parsed()) m_options.command = command;
    }
    load_settings();
    return std::move(m_options);
  }

 private:
  CLI::App* add(CLI::App& parent, Command command, const char* name, const char* help) {
    return m_commands.emplace_back(parent.add_subcommand(name, help), command).first;
  }

  void as_json(CLI::App* command) { command->add_flag("--json", m_options.json, "print JSON"); }

  void add_copies() {
    auto* backup =
        add(m_app, Command::backup, "backup", "copy the store into a new file, also while it serves");
    auto* restore =
        add(m_app, Command::restore, "restore", "make a store of such a copy, where there is none");
    for (auto* command : {backup, restore})
      command->add_option("FILE", m_options.file, "the copy")->required();
    restore->add_flag("--keep-tokens", m_options.keep_tokens,
                      "also those that were revoked since work again");
  }

  void add_tokens() {
    auto* token = m_app.add_subcommand("token", "who may use it");
    token->require_subcommand(1);
    auto* create = add(*token, Command::create_token, "create", "make a token, and print it once");
    create->add_option("--user", m_options.user, "whom it stands for")->required();
    create->add_option("--scope", m_options.scopes, "request, review, audit")->delimiter(',')->required();
    create->add_option("--expires", m_options.expires, "how long it is good for: 90d")->required();
    as_json(add(*token, Command::list_tokens, "list", "list the tokens"));
    auto* revoke = add(*token, Command::revoke_token, "revoke", "end a token at once");
    revoke->add_option("ID", m_options.token, "as token list shows it")->required();
  }

  void add_notify() {
    auto* notify = m_app.add_subcommand("notify", "whom it tells, by the policies' channels");
    notify->require_subcommand(1);
    auto* test = add(*notify, Command::notify_test, "test", "send a test message through a channel");
    test->add_option("CHANNEL", m_options.channel, "its name in the policies")->required();
    as_json(add(*notify, Command::notify_status, "status", "what was delivered, waits, or was given up"));
  }

  void add_setting(const Key& key) {
    const util::Json value = key.value(m_options.settings);
    const std::string otherwise = value.is_array() ? util::join(value.get<std::vector<std::string>>(), ",")
                                                   : jit::server::text_of(value);
    auto* option = m_app.add_option(jit::server::flag_of(key), m_flags[key.name],
                                    key.what + (otherwise.empty() ? "" : " [" + otherwise + "]"));
    option->type_name(key.kind)->group("Settings")->expected(1, 1)->allow_extra_args(false);
    if (!key.clear) return;
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    if (key.name != "listen") option->delimiter(',');
  }

  // Flags, then the file, then what is built in.
  void load_settings() {
    const std::string path = m_config.empty() ? kSystemFile : absolute(m_config);
    const bool is_there = read_file(path);
    if (is_there) m_options.config_file = path;
    if (!is_there && !m_config.empty())
      throw util::UsageError("--config: there is no file " + util::visible(m_config));
    for (const Key& key : jit::server::keys()) {
      const auto& given = m_flags.at(key.name);
      if (!given.empty()) apply(key, given);
    }
  }

  // What is wrong in it is said all at once.
  bool read_file(const std::string& path) {
    try {
      return jit::server::read_file(path, m_options.settings, m_options.sources);
    } catch (const yaml::LoadError& error) {
      std::string lines;
      for (const auto& problem : error.problems()) lines += (lines.empty() ? "" : "\n") + problem.line();
      throw util::UsageError(lines, error.hint());
    }
  }

  void apply(const Key& key, const std::vector<std::string>& given) {
    const std::string flag = jit::server::flag_of(key);
    if (key.clear) key.clear(m_options.settings);
    for (const std::string& written : given) {
      try {
        key.set(m_options.settings, key.kind == "FILE" ? absolute(written) : written);
      } catch (const util::UsageError& error) {
        throw util::UsageError(flag + " " + error.what(), error.hint());
      }
    }
    m_options.sources[key.name] = flag;
  }

  Options m_options;
  std::string m_config;                                     // empty: the system's file, if it is there
  std::map<std::string, std::vector<std::string>> m_flags;  // by the setting's name
  CLI::App m_app;
  std::vector<std::pair<CLI::App*, Command>> m_commands;
};

}  // namespace

std::optional<Options> read_options(int argc, char** argv) {
  return Parser().read(argc, argv);
}

std::string absolute(const std::string& path) {
  return path.starts_with('/') ? path : (std::filesystem::current_path() / path).lexically_normal().string();
}

}  // namespace jit::cli::server
