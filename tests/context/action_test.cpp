#include "context/action.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace jit {
namespace {

using util::Json;
using Words = std::vector<std::string>;

Json sample() {
  return {{"command",
           {{"argv", {"kubectl", "delete", "ns", "x"}},
            {"line", "kubectl delete ns x"},
            {"name", "kubectl"},
            {"path", "/usr/bin/kubectl"},
            {"sha256", "aa"},
            {"cwd", "/srv"},
            {"subcommand", "delete ns x"},
            {"options", Json::object()},
            {"files", Json::array({{{"path", "deploy.sh"}, {"sha256", "bb"}, {"size", 1}}})},
            {"redactions", Json::array()}}},
          {"user", {{"name", "alice"}, {"uid", 1000}, {"groups", {"dev"}}, {"login", "alice"}}},
          {"host", {{"name", "h"}, {"os", "Debian"}}},
          {"git", {{"branch", "main"}, {"commit", "1a2b"}}},
          {"env", {{"AWS_PROFILE", "prod"}}},
          {"unsafe_env", Json::object()},
          {"session", {{"tty", "/dev/pts/1"}}},
          {"time", {{"hour", 1}}},
          {"labels", Json::object()},
          {"raw", Json::object()},
          {"warnings", {{"critical", 0}}}};
}

Json changed(const std::string& pointer, const Json& value) {
  Json context = sample();
  context[Json::json_pointer(pointer)] = value;
  return context;
}

}  // namespace

TEST_CASE("an approval is bound to what would run, by whom and where") {
  const auto digest = context::digest_of(sample());
  for (const char* bound :
       {"/command/argv/3", "/command/path", "/command/sha256", "/command/cwd", "/command/files/0/sha256",
        "/command/redactions", "/user/name", "/user/uid", "/host/name", "/git/commit", "/git/branch", "/git",
        "/env/AWS_PROFILE", "/unsafe_env/LD_PRELOAD", "/labels/a", "/raw/a"}) {
    INFO(bound);
    CHECK_FALSE(context::digest_of(changed(bound, "other")) == digest);
    CHECK_FALSE(context::differences(sample(), changed(bound, "other")).empty());
  }
  for (const char* free :
       {"/command/line", "/command/subcommand", "/command/options/a", "/user/groups", "/user/login",
        "/host/os", "/session/tty", "/time/hour", "/warnings/critical", "/activity/denied_24h"}) {
    INFO(free);
    CHECK(context::digest_of(changed(free, "other")) == digest);
    CHECK(context::differences(sample(), changed(free, "other")).empty());
  }
}

TEST_CASE("differences are told in words") {
  const auto told = [](const char* pointer, const Json& value) {
    return context::differences(sample(), changed(pointer, value));
  };
  CHECK(told("/git/commit", "9f8e") == Words{"git.commit was 1a2b, is 9f8e"});
  CHECK(told("/git/commit", nullptr) == Words{"git.commit was 1a2b, is not known"});
  CHECK(told("/command/files/0/sha256", "cc") == Words{"deploy.sh: content changed"});
  CHECK(told("/command/files", Json::array()) == Words{"deploy.sh: is no longer there"});
  CHECK(told("/command/files/0", {{"path", "deploy.sh"}, {"sha256", nullptr}, {"why", "cannot be read"}}) ==
        Words{"deploy.sh: can no longer be compared, cannot be read"});
  CHECK(told("/command/sha256", "dd") == Words{"/usr/bin/kubectl: content changed"});
  CHECK(told("/command/argv/3", "y") == Words{"command.argv[3] was x, is y"});
  CHECK(told("/command/argv", {"kubectl"}) == Words{"command.argv had 4 words, has 1"});
  CHECK(told("/command/cwd", "/tmp") == Words{"command.cwd was /srv, is /tmp"});
  CHECK(told("/env", Json::object()) == Words{"env.AWS_PROFILE was prod, is not there"});
  CHECK(told("/unsafe_env/LD_PRELOAD", "x.so") == Words{"unsafe_env.LD_PRELOAD was not there, is x.so"});
  CHECK(told("/command/redactions", {1}) == Words{"a value that is shown as [redacted] changed"});
}

TEST_CASE("differences are safe to print and short") {
  const auto words = context::differences(
      sample(), changed("/git/branch", "a\x1b[2J\n\xe2\x80\xae" + std::string(5000, 'x')));
  REQUIRE(words.size() == 1);
  CHECK(words[0].find('\x1b') == std::string::npos);
  CHECK(words[0].find('\n') == std::string::npos);
  CHECK(words[0].size() < 200);
  CHECK(words[0].ends_with("…"));
  Json long_a = changed("/git/branch", std::string(500, 'x') + "a");
  Json long_b = changed("/git/branch", std::string(500, 'x') + "b");
  CHECK(context::differences(long_a, long_b)[0].ends_with("(it differs further on)"));
}

TEST_CASE("a preview is bound as it is shown, but for the lines that its rule ignores") {
  const Json preview = {{"rule", "r"},
                        {"argv", {"plan", "show"}},
                        {"path", "/usr/bin/plan"},
                        {"sha256", "aa"},
                        {"exit", 0},
                        {"lines", {"one", "two"}},
                        {"ignored", Json::array({{{"after", 0}, {"line", "at 10:14"}}})}};
  Json with = sample();
  with["preview"] = Json::array({preview});
  const auto digest = context::digest_of(with);
  CHECK_FALSE(digest == context::digest_of(sample()));
  CHECK(context::differences(with, sample()) == Words{"preview of rule r: is no longer made"});
  CHECK(context::differences(sample(), with) ==
        Words{"preview of rule r: was not made when it was approved"});
  const auto other = [&](const char* key, const Json& value) {
    Json context = with;
    context["preview"][0][key] = value;
    return context;
  };
  CHECK(context::digest_of(other("ignored", Json::array())) == digest);
  CHECK(context::differences(with, other("ignored", Json::array())).empty());
  for (const char* key :
       {"rule", "argv", "path", "sha256", "exit", "lines", "stamp", "fingerprint", "why", "more"}) {
    INFO(key);
    CHECK_FALSE(context::digest_of(other(key, "other")) == digest);
    CHECK_FALSE(context::differences(with, other(key, "other")).empty());
  }
  CHECK(context::differences(with, other("lines", {"one", "three"})) ==
        Words{"preview of rule r: what it shows is not what was approved", "  @@ line 1", "   one", "  -two",
              "  +three"});
  CHECK(context::differences(with, other("exit", 1)) == Words{"preview of rule r: exit was 0, is 1"});
}

}  // namespace jit
