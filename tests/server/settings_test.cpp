#include "server/settings.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/scratch.hpp"
#include "util/error.hpp"
#include "yaml/document.hpp"

namespace jit::server {
namespace {

using namespace std::chrono_literals;

Settings settings_of(const std::string& text) {
  const test::Scratch scratch;
  std::ofstream(scratch / "server.yaml") << text;
  Settings settings;
  Sources sources;
  const bool is_there = read_file(scratch / "server.yaml", settings, sources);
  CHECK(is_there);
  return settings;
}

std::string problem_of(const std::string& text) {
  try {
    (void)settings_of(text);
  } catch (const yaml::LoadError& error) {
    const auto& problem = error.problems().front();
    return std::to_string(problem.mark.line) + ": " + problem.text;
  }
  return "";
}

TEST_CASE("a configuration file says everything") {
  const Settings settings = settings_of(R"(
listen: ["https://0.0.0.0:8443", "unix:/run/x"]
store: /srv/store
default: deny
client_ca: /etc/ca.pem
client_users: {"CN=alice,O=Example": alice, "sha256:00": bob}
client_scopes: [audit]
require_client_certificate: true
slack_signing_secret_file: /etc/secret
slack_team: T012
slack_users: {U012: alice, W9: bob}
log: json
log_requests: all
body_bytes: 1MiB
header_bytes: "4096"
idle_time: 5s
requests_per_second: 7
)");
  CHECK(settings.listen == std::vector<std::string>{"https://0.0.0.0:8443", "unix:/run/x"});
  CHECK(settings.store == "/srv/store");
  CHECK(settings.fallback == policy::Effect::deny);
  CHECK(settings.client_users.names.at("CN=alice,O=Example") == "alice");
  CHECK(settings.client_users.scopes == std::set<Scope>{Scope::audit});
  CHECK(settings.tls.require_client_certificate);
  CHECK(settings.slack.secret_file == "/etc/secret");
  CHECK(settings.slack.team == "T012");
  CHECK(settings.slack.users == std::map<std::string, std::string>{{"U012", "alice"}, {"W9", "bob"}});
  CHECK(settings.log == Log::Format::json);
  CHECK(settings.limits.body_bytes == 1U << 20U);
  CHECK(settings.limits.header_bytes == 4096);
  CHECK(settings.limits.idle_time == 5s);
  CHECK(settings.limits.requests_per_second == 7);
  Settings untouched;
  Sources none;
  CHECK_FALSE(read_file("/nowhere/server.yaml", untouched, none));
}

TEST_CASE("what is wrong with it is said with its line") {
  CHECK(problem_of("store: /a\nlimts: 1\n").starts_with("2: unknown key \"limts\""));
  CHECK(problem_of("listen: {a: b}").starts_with("1: listen must be a list"));
  CHECK(problem_of("store: [/a]").starts_with("1: store must be one value"));
  CHECK(problem_of("store: a/b").starts_with("1: store must be an absolute path"));
  CHECK(problem_of("body_bytes: 5MB").starts_with("1: body_bytes must be a number of bytes"));
  CHECK(problem_of("body_bytes: 99999999999MiB").starts_with("1: body_bytes must be"));
  CHECK(problem_of("idle_time: 0s").starts_with("1: idle_time must be a duration"));
  CHECK(problem_of("connections: 0").starts_with("1: connections must be a number"));
  CHECK(problem_of("log: yaml").starts_with("1: log must be one of text, json"));
  CHECK(problem_of("client_users: alice").starts_with("1: client_users must be a map"));
  CHECK(problem_of("slack_users: {bob: bob}").starts_with("1: slack_users: \"bob\" is not the id"));
  CHECK(problem_of("slack_users: {U1: bob, U1: eve}").starts_with("1: "));
  CHECK(problem_of("slack_users: [U1]").starts_with("1: slack_users must be a map"));
  CHECK(problem_of("slack_team: example").starts_with("1: slack_team must be the id"));
  CHECK(problem_of("client_scopes: [all]").starts_with("1: client_scopes must be"));
  CHECK(problem_of("- a").starts_with("1: a configuration is a map"));
}

TEST_CASE("what a setting is shown as can be given to it") {
  for (const Key& key : keys()) {
    Settings settings;
    const util::Json shown = key.value(settings);
    if (shown.is_null() || key.clear) continue;
    CAPTURE(key.name);
    key.set(settings, text_of(shown));
    CHECK(key.value(settings) == shown);
  }
}

TEST_CASE("every setting is shown with where it comes from") {
  const test::Scratch scratch;
  std::ofstream(scratch / "server.yaml") << "connections: 7\n\nclient_users: {\"CN=alice\": al}\n"
                                            "client_scopes: [review]\nkey: /k\nslack_users: {U1: al}\n";
  Settings settings;
  Sources sources;
  REQUIRE(read_file(scratch / "server.yaml", settings, sources));
  std::map<std::string, std::pair<util::Json, std::string>> shown;
  show(settings, sources, [&](const std::string& name, const util::Json& value, const std::string& from) {
    shown[name] = {value, from};
  });
  const auto at = [&](int line) { return scratch / "server.yaml" + ":" + std::to_string(line); };
  using Row = std::pair<util::Json, std::string>;
  CHECK(shown.size() == keys().size() + 2);
  CHECK(shown.at("connections") == Row{7, at(1)});
  CHECK(shown.at("client_users") == Row{{{"CN=alice", "al"}}, at(3)});
  CHECK(shown.at("client_scopes") == Row{{"review"}, at(4)});
  CHECK(shown.at("key") == Row{"/k", at(5)});
  CHECK(shown.at("slack_users") == Row{{{"U1", "al"}}, at(6)});
  CHECK(shown.at("slack_team") == Row{nullptr, "built in"});
  CHECK(shown.at("certificate") == Row{nullptr, "built in"});
  CHECK(shown.at("require_client_certificate") == Row{false, "built in"});
  CHECK(shown.at("idle_time") == Row{"1m15s", "built in"});
}

TEST_CASE("a certificate stands for one user or for nobody") {
  const Certificate certificate{"CN=alice,O=Example", "sha256:ab", "alice"};
  CertificateUsers users;
  const auto caller = certificate_caller(certificate, users);
  REQUIRE(caller);
  CHECK(caller->actor.name == "alice");
  CHECK_FALSE(caller->actor.is_operator);
  CHECK(caller->may(Scope::review));
  CHECK_FALSE(caller->may(Scope::audit));
  users.names = {{"CN=bob,O=Example", "bob"}};
  CHECK_FALSE(certificate_caller(certificate, users));
  users.names = {{"CN=alice,O=Example", "al"}};
  CHECK(certificate_caller(certificate, users)->actor.name == "al");
  users.names["sha256:ab"] = "ali";
  CHECK(certificate_caller(certificate, users)->actor.name == "ali");
  for (const char* odd : {"", "a b", "alice\n", "\xc3\xa9", "a/b", "uid:0"})
    CHECK_FALSE(certificate_caller({"", "", odd}, {}));
}

}  // namespace
}  // namespace jit::server
