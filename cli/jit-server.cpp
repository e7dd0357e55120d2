// jit-server: one approval service for many machines, over HTTP. The same service as everywhere; this is its
// door.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/common/common.hpp"
#include "server/network.hpp"
#include "store/sqlite_store.hpp"
#include "util/digest.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/text.hpp"
#include "util/user.hpp"

namespace {

using namespace jit;
using util::Json;

struct Options {
  std::string store = "/var/lib/jit-run/server";
  std::string policies = "/etc/jit-run/policies";
  std::string fallback = "ask";
  server::Network network;
  server::Quotas quotas;
  std::string user, expires, token;
  std::vector<std::string> scopes;
  bool json = false;
};

void log(const std::string& line) {
  std::cerr << "jit-server: " + util::visible(line) + "\n";
}

// What tells that the files changed: their names, sizes and times.
std::string stamp_of(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::string stamp;
  const auto add = [&](const fs::path& file) {
    std::error_code ignored;
    stamp += file.string() + '\0' + std::to_string(fs::file_size(file, ignored)) + '\0' +
             std::to_string(fs::last_write_time(file, ignored).time_since_epoch().count()) + '\0';
  };
  add(path);
  for (const auto& entry : fs::directory_iterator(path, error)) add(entry.path());
  return stamp;
}

policy::Effect effect_of(const std::string& name) {
  if (name == "allow") return policy::Effect::allow;
  return name == "deny" ? policy::Effect::deny : policy::Effect::ask;
}

server::Engine::Options engine_of(const Options& options) {
  server::Engine::Options engine;
  engine.directory = options.store;
  engine.load_policies = [path = options.policies] { return policy::Set::load(path, {}); };
  engine.policies_stamp = [path = options.policies] { return stamp_of(path); };
  engine.fallback = effect_of(options.fallback);
  engine.quotas = options.quotas;
  engine.log = log;
  return engine;
}

int serve(Options& options) {
  options.network.log = log;
  options.network.ready = [](const std::vector<std::string>& urls) {
    for (const std::string& url : urls) log("listening on " + url);
  };
  server::serve(engine_of(options), options.network);
  return EXIT_SUCCESS;
}

int check(const Options& options) {
  const auto set = policy::Set::load(options.policies, {});
  (void)store::open_sqlite(options.store)->now();
  server::check(options.network);
  std::cout << "ok: " << set.rule_count() << " rules in " << set.file_count()
            << " files; the store answers\n";
  return EXIT_SUCCESS;
}

void record(store::Transaction& transaction, const char* type, const store::Token& token) {
  transaction.append({transaction.now(), util::user_name(::getuid()), type, "",
                      std::make_shared<const Json>(
                          Json{{"token", token.id}, {"user", token.user}, {"scopes", token.scopes}})});
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
  store::open_sqlite(options.store)->write([&](store::Transaction& transaction) {
    const store::Token kept{hash.substr(0, 12), hash,
                            options.user,       options.scopes,
                            transaction.now(),  transaction.now() + *lifetime,
                            std::nullopt};
    transaction.put(kept);
    record(transaction, "token_created", kept);
  });
  std::cout << token << "\n";
  cli::say("jit-server", "token " + hash.substr(0, 12) + " of " + options.user +
                             ": this is the only time that it is shown. Keep it in a file of mode 0600, and "
                             "name that in token_file");
  return EXIT_SUCCESS;
}

int list_tokens(const Options& options) {
  const auto store = store::open_sqlite(options.store, store::Access::read_only);
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
  const auto store = store::open_sqlite(options.store);
  for (store::Token token : store->list_tokens()) {
    if (token.id != options.token) continue;
    if (token.revoked_at) return EXIT_SUCCESS;
    store->write([&](store::Transaction& transaction) {
      token.revoked_at = transaction.now();
      transaction.put(token);
      record(transaction, "token_revoked", token);
    });
    return EXIT_SUCCESS;
  }
  throw util::UsageError("there is no token " + util::visible(options.token), "jit-server token list");
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app{"One approval service for a team.", "jit-server"};
  app.set_version_flag("--version", std::string("jit-server ") + JIT_VERSION);
  app.require_subcommand(1)->fallthrough();
  app.add_option("--store", options.store, "the directory of the store")->capture_default_str();
  app.add_option("--policies", options.policies, "a file or a directory of policies")->capture_default_str();
  app.add_option("--default", options.fallback, "what holds where no rule matches")
      ->capture_default_str()
      ->check(CLI::IsMember({"allow", "ask", "deny"}));
  auto* serving = app.add_subcommand("serve", "listen and answer");
  auto* checking = app.add_subcommand("check", "look whether it could serve");
  for (auto* command : {serving, checking}) {
    command
        ->add_option("--listen", options.network.listen,
                     "https://ADDRESS:PORT, http://127.0.0.1:PORT or unix:/PATH")
        ->expected(1, 1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    command->add_option("--certificate", options.network.certificate, "PEM file, for https");
    command->add_option("--key", options.network.key, "PEM file, for https");
  }
  serving
      ->add_option("--pending-per-user", options.quotas.pending_requests,
                   "how many requests of one user may wait")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
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
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    throw util::UsageError(error.what(), "jit-server --help");
  }
  if (serving->parsed()) return serve(options);
  if (checking->parsed()) return check(options);
  if (creating->parsed()) return create_token(options);
  return listing->parsed() ? list_tokens(options) : revoke_token(options);
}

}  // namespace

int main(int argc, char** argv) {
  util::reserve_standard_descriptors();
  return cli::guarded("jit-server", [&] { return run(argc, argv); });
}
