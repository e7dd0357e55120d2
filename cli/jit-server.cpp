// jit-server: one approval service for many machines, over HTTP. The same service as everywhere; this is its
// door.
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/common/common.hpp"
#include "cli/common/parse.hpp"
#include "server/network.hpp"
#include "server/recovery.hpp"
#include "store/backup.hpp"
#include "store/sqlite_store.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/text.hpp"
#include "util/trusted_file.hpp"
#include "util/user.hpp"

namespace {

using namespace jit;
using util::Json;

constexpr const char* kSystemFile = "/etc/jit-run/server.yaml";

struct Options {
  std::string config;  // --config; empty: the system's file, if it is there
  std::map<std::string, std::vector<std::string>> flags;  // by the setting's name
  server::Settings settings;
  std::string user, expires, token, file;
  std::vector<std::string> scopes;
  bool json = false, keep_tokens = false;
};

std::string absolute(const std::string& path) {
  return path.starts_with('/') ? path : (std::filesystem::current_path() / path).lexically_normal().string();
}

void apply_flags(Options& options) {
  for (const server::Key& key : server::keys()) {
    const auto given = options.flags.find(key.name);
    if (given == options.flags.end() || given->second.empty()) continue;
    if (key.clear) key.clear(options.settings);
    for (const std::string& written : given->second) {
      try {
        key.set(options.settings, key.kind == "FILE" ? absolute(written) : written);
      } catch (const util::UsageError& error) {
        throw util::UsageError(server::flag_of(key) + " " + error.what(), error.hint());
      }
    }
  }
}

// Flags, then the file, then what is built in.
void load_settings(Options& options) {
  if (options.config.empty()) {
    (void)server::read_file(kSystemFile, options.settings);
  } else if (!server::read_file(absolute(options.config), options.settings)) {
    throw util::UsageError("--config: there is no file " + util::visible(options.config));
  }
  apply_flags(options);
}

// What tells that the files changed.
std::string stamp_of(const std::string& path) {
  std::error_code error;
  std::string stamp;
  const auto add = [&](const std::string& file) {
    struct stat status {};
    stamp += file + '\0';
    if (::stat(file.c_str(), &status) == 0) stamp += util::stamp_of(util::identity_of(status));
  };
  add(path);
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) add(entry.path().string());
  return stamp;
}

int serve(const Options& options) {
  const std::string& policies = options.settings.policies;
  server::serve(options.settings,
                {[&] { return policy::Set::load(policies, {}); }, [&] { return stamp_of(policies); }});
  return EXIT_SUCCESS;
}

int check(const Options& options) {
  const auto set = policy::Set::load(options.settings.policies, {});
  (void)store::open_sqlite(options.settings.store)->now();
  server::check(options.settings);
  for (const server::Key& key : server::keys())
    std::cout << util::visible(key.name + ": " + key.text(options.settings)) << "\n";
  std::cout << "ok: " << set.rule_count() << " rules in " << set.file_count()
            << " files; the store answers\n";
  return EXIT_SUCCESS;
}

std::string this_user() {
  return util::user_name(::getuid());
}

int back_up(const Options& options) {
  store::back_up(options.settings.store, absolute(options.file));
  std::cout << "ok: " << util::visible(absolute(options.file)) << "\n";
  return EXIT_SUCCESS;
}

int restore(const Options& options) {
  const auto ended =
      server::restore(absolute(options.file), options.settings.store, this_user(), options.keep_tokens);
  std::cout << "ok: " << ended.requests << " requests that were open are withdrawn, " << ended.tokens
            << " tokens revoked: nobody knows what has happened since the copy was made\n";
  return EXIT_SUCCESS;
}

int create_token(const Options& options) {
  for (const std::string& scope : options.scopes) {
    if (!server::parse_scope(scope))
      throw util::UsageError("--scope: \"" + scope + "\" is none", "request, review or audit");
  }
  const auto lifetime = util::parse_duration(options.expires);
  if (!lifetime || lifetime->count() <= 0)
    throw util::UsageError("--expires: \"" + options.expires + "\" is no duration", "90d, 12h");
  const std::string token = server::new_token();
  const std::string hash = server::token_hash(token);
  store::open_sqlite(options.settings.store)->write([&](store::Transaction& transaction) {
    const store::Token kept{hash.substr(0, 12), hash,
                            options.user,       options.scopes,
                            transaction.now(),  transaction.now() + *lifetime,
                            std::nullopt};
    transaction.put(kept);
    server::record_token(transaction, this_user(), "token_created", kept);
  });
  std::cout << token << "\n";
  cli::say("jit-server", "token " + hash.substr(0, 12) + " of " + options.user +
                             ": this is the only time that it is shown. Keep it in a file of mode 0600, and "
                             "name that in token_file");
  return EXIT_SUCCESS;
}

int list_tokens(const Options& options) {
  const auto store = store::open_sqlite(options.settings.store, store::Access::read_only);
  Json list = Json::array();
  const auto text = [](const std::optional<util::Time>& time) {
    return time ? Json(util::to_rfc3339(*time)) : Json();
  };
  for (const store::Token& token : store->list_tokens()) {
    list.push_back({{"id", token.id},
                    {"user", token.user},
                    {"scopes", token.scopes},
                    {"created_at", util::to_rfc3339(token.created_at)},
                    {"expires_at", text(token.expires_at)},
                    {"revoked_at", text(token.revoked_at)}});
  }
  if (options.json) {
    std::cout << util::pretty_json(list) << "\n";
    return EXIT_SUCCESS;
  }
  for (const Json& token : list) {
    std::string scopes;
    for (const Json& scope : token["scopes"])
      scopes += (scopes.empty() ? "" : ",") + scope.get<std::string>();
    const std::string end =
        token["revoked_at"].is_string()   ? "revoked " + token["revoked_at"].get<std::string>()
        : token["expires_at"].is_string() ? "until " + token["expires_at"].get<std::string>()
                                          : "";
    std::cout << util::visible(token["id"].get<std::string>() + "  " + token["user"].get<std::string>() +
                               "  " + scopes + "  " + end)
              << "\n";
  }
  return EXIT_SUCCESS;
}

int revoke_token(const Options& options) {
  const auto store = store::open_sqlite(options.settings.store);
  for (store::Token token : store->list_tokens()) {
    if (token.id != options.token) continue;
    if (token.revoked_at) return EXIT_SUCCESS;
    store->write([&](store::Transaction& transaction) {
      token.revoked_at = transaction.now();
      transaction.put(token);
      server::record_token(transaction, this_user(), "token_revoked", token);
    });
    return EXIT_SUCCESS;
  }
  throw util::UsageError("there is no token " + util::visible(options.token), "jit-server token list");
}

void add_settings(CLI::App& app, Options& options) {
  for (const server::Key& key : server::keys()) {
    const std::string otherwise = key.text(options.settings);
    auto* option = app.add_option(server::flag_of(key), options.flags[key.name],
                                  key.what + (otherwise.empty() ? "" : " [" + otherwise + "]"));
    option->type_name(key.kind)->group("Settings")->expected(1, 1)->allow_extra_args(false);
    if (!key.clear) continue;
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    if (key.name != "listen") option->delimiter(',');
  }
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app{"One approval service for a team.", "jit-server"};
  app.set_version_flag("--version", std::string("jit-server ") + JIT_VERSION);
  app.require_subcommand(1)->fallthrough();
  app.add_option("--config", options.config, std::string("instead of ") + kSystemFile);
  add_settings(app, options);
  auto* serving = app.add_subcommand("serve", "listen and answer");
  auto* checking = app.add_subcommand("check", "look whether it could serve, and show all settings");
  auto* backing_up = app.add_subcommand("backup", "copy the store into a new file, also while it serves");
  auto* restoring = app.add_subcommand("restore", "make a store of such a copy, where there is none");
  for (auto* command : {backing_up, restoring})
    command->add_option("FILE", options.file, "the copy")->required();
  restoring->add_flag("--keep-tokens", options.keep_tokens, "also those that were revoked since work again");
  auto* token = app.add_subcommand("token", "who may use it");
  token->require_subcommand(1);
  auto* creating = token->add_subcommand("create", "make a token, and print it once");
  creating->add_option("--user", options.user, "whom it stands for")->required();
  creating->add_option("--scope", options.scopes, "request, review, audit")->delimiter(',')->required();
  creating->add_option("--expires", options.expires, "how long it is good for: 90d")->required();
  auto* listing = token->add_subcommand("list", "list the tokens");
  listing->add_flag("--json", options.json, "print JSON");
  auto* revoking = token->add_subcommand("revoke", "end a token at once");
  revoking->add_option("ID", options.token, "as token list shows it")->required();
  if (!cli::parse(app, argc, argv)) return EXIT_SUCCESS;
  load_settings(options);
  if (serving->parsed()) return serve(options);
  if (checking->parsed()) return check(options);
  if (backing_up->parsed()) return back_up(options);
  if (restoring->parsed()) return restore(options);
  if (creating->parsed()) return create_token(options);
  return listing->parsed() ? list_tokens(options) : revoke_token(options);
}

}  // namespace

int main(int argc, char** argv) {
  util::reserve_standard_descriptors();
  return cli::guarded("jit-server", [&] { return run(argc, argv); });
}
