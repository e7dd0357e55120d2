#include "config/settings.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "util/error.hpp"

namespace fs = std::filesystem;
using jit::config::load;
using jit::config::Origin;
using jit::config::Settings;
using jit::config::Sources;

namespace {

// A world of its own: a home, a system file, and no variable that matters.
class World {
 public:
  World() {
    for (const auto& key : jit::config::keys()) {
      std::string name = "JIT_RUN_" + key;
      for (char& c : name) c = static_cast<char>(::toupper(c));
      ::unsetenv(name.c_str());
    }
    for (const char* name : {"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"}) ::unsetenv(name);
    std::string name = "/tmp/settings.XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    root = name;
    ::setenv("HOME", (root / "home").c_str(), 1);
    sources.system_file = root / "etc/config.yaml";
  }
  ~World() {
    ::setenv("HOME", "/root", 1);
    fs::remove_all(root);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void system(const std::string& text) const { write(root / "etc/config.yaml", text); }
  void user(const std::string& text) const { write(root / "home/.config/jit-run/config.yaml", text); }
  static void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  fs::path root;
  Sources sources;
};

std::string why_not(const Sources& sources) {
  try {
    load(sources);
    return "loads";
  } catch (const jit::util::UsageError& error) {
    return error.what();
  }
}

bool says(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("without any source the built-in settings stand") {
  const World world;
  const Settings settings = load(world.sources);
  REQUIRE(settings.find("backend") == "local");
  REQUIRE(settings.find("default") == "ask");
  REQUIRE(settings.find("audit") == "asked");
  REQUIRE_FALSE(settings.is_true("quiet"));
  REQUIRE_FALSE(settings.find("policies"));
  REQUIRE_FALSE(settings.policies_guarded);
  REQUIRE(settings.state_directory == world.root / "home/.local/state/jit-run");
  REQUIRE(settings.cache_directory == world.root / "home/.cache/jit-run");
}

TEST_CASE("the stronger source wins, and each setting knows where it came from") {
  World world;
  world.system("quiet: true\ncolor: never\n");
  REQUIRE(load(world.sources).values.at("color").source == world.sources.system_file + ":2");
  world.user("color: always\npolicies: ~/policies\n");
  Settings settings = load(world.sources);
  REQUIRE(settings.find("color") == "always");
  REQUIRE(settings.is_true("quiet"));
  REQUIRE(settings.find("policies") == world.root / "home/policies");
  REQUIRE(settings.values.at("policies").origin == Origin::user_file);
  ::setenv("JIT_RUN_COLOR", "auto", 1);
  ::setenv("JIT_RUN_QUIET", "0", 1);
  settings = load(world.sources);
  REQUIRE(settings.find("color") == "auto");
  REQUIRE_FALSE(settings.is_true("quiet"));
  REQUIRE(settings.values.at("color").source == "JIT_RUN_COLOR");
  world.sources.flags = {{"color", "never"}};
  settings = load(world.sources);
  REQUIRE(settings.find("color") == "never");
  REQUIRE(settings.values.at("color").source == "--color");
  REQUIRE(settings.notices.empty());
  REQUIRE(to_json(settings)["color"] == jit::util::Json{{"value", "never"}, {"from", "--color"}});
  REQUIRE(to_json(settings)["default"] == jit::util::Json{{"value", "ask"}, {"from", "built in"}});
}

TEST_CASE("what the system's file fixes stays fixed, and one line says so") {
  World world;
  world.system("default: deny\npolicies: /etc/jit-run/policies\nquiet: false\n");
  world.user("policies: /home/mine\n");
  ::setenv("JIT_RUN_POLICIES", "/tmp/mine", 1);
  world.sources.flags = {{"policies", "/mine"}, {"default", "allow"}, {"quiet", "true"}};
  const Settings settings = load(world.sources);
  REQUIRE(settings.find("policies") == "/etc/jit-run/policies");
  REQUIRE(settings.find("default") == "deny");
  REQUIRE(settings.policies_guarded);
  REQUIRE(settings.is_true("quiet"));  // not guarded
  const std::string file = world.sources.system_file;
  REQUIRE(settings.notices == std::vector<std::string>{
                                  "policies is fixed by " + file + ":2; " + (world.root / "home").string() +
                                      "/.config/jit-run/config.yaml:1 is ignored",
                                  "policies is fixed by " + file + ":2; JIT_RUN_POLICIES is ignored",
                                  "default is fixed by " + file + ":1; --default is ignored",
                                  "policies is fixed by " + file + ":2; --policies is ignored",
                              });
}

TEST_CASE("a fixed policy fixes what would go around it") {
  World world;
  world.system("policies: /etc/jit-run/policies\n");
  world.user("default: allow\nca_file: /home/mine.pem\ntoken_file: /home/token\n");
  world.sources.flags = {{"backend", "local:/mine"}, {"helper_path", "/mine"}, {"audit", "all"}};
  const Settings settings = load(world.sources);
  REQUIRE(settings.find("default") == "ask");
  REQUIRE(settings.find("backend") == "local");
  REQUIRE(settings.find("audit") == "asked");
  REQUIRE_FALSE(settings.find("ca_file"));
  REQUIRE_FALSE(settings.find("helper_path"));
  REQUIRE(settings.find("token_file") == "/home/token");  // who one is, one says oneself
  REQUIRE(settings.notices.size() == 5);
  REQUIRE(
      settings.notices.back().ends_with("goes with what the system's file fixes; --helper-path is ignored"));
}

TEST_CASE("a fixed backend fixes the policies, too") {
  World world;
  world.system("backend: https://jit.example.org\n");
  world.sources.flags = {{"policies", "/mine"}};
  const Settings settings = load(world.sources);
  REQUIRE_FALSE(settings.find("policies"));
  REQUIRE(settings.notices.size() == 1);
}

TEST_CASE("a variable that is misspelt is noticed") {
  World world;
  ::setenv("JIT_RUN_POLICES", "/x", 1);
  const Settings settings = load(world.sources);
  ::unsetenv("JIT_RUN_POLICES");
  REQUIRE(settings.notices ==
          std::vector<std::string>{"JIT_RUN_POLICES is no setting (did you mean \"JIT_RUN_POLICIES\"?)"});
}

TEST_CASE("that the configuration file has no variable is said") {
  World world;
  ::setenv("JIT_RUN_CONFIG", "/x", 1);
  const Settings settings = load(world.sources);
  ::unsetenv("JIT_RUN_CONFIG");
  REQUIRE(settings.notices ==
          std::vector<std::string>{"JIT_RUN_CONFIG is no setting: --config FILE names a configuration file"});
}

TEST_CASE("every key that decides, that one trusts or that one is known by is guarded") {
  const std::string key = GENERATE(as<std::string>{}, "policies", "token_file", "ca_file", "client_cert",
                                   "client_key", "helper_path", "signing_key");
  World world;
  world.system(key + ": /system\n");
  world.sources.flags = {{key, "/flag"}};
  REQUIRE(load(world.sources).find(key) == "/system");
  REQUIRE(load(world.sources).notices.size() == 1);
}

TEST_CASE("the option --config is read instead of the user's file, and must be there") {
  World world;
  world.user("color: always\n");
  world.sources.config_file = world.root / "other.yaml";
  REQUIRE(says(why_not(world.sources), "no such file"));
  World::write(world.root / "other.yaml", "quiet: true\n");
  const Settings settings = load(world.sources);
  REQUIRE(settings.find("color") == "auto");
  REQUIRE(settings.is_true("quiet"));
}

TEST_CASE("a file that is wrong is refused with its place") {
  const World world;
  struct Wrong {
    std::string text, place, words;
  };
  const auto& wrong = GENERATE(values<Wrong>({
      {"polices: /x\n", "1:1", "unknown setting \"polices\" (did you mean \"policies\"?)"},
      {"quiet: true\nquiet: false\n", "2:1", "stands twice"},
      {"quiet: yes\n", "1:8", "quiet: must be true or false"},
      {"quiet: \"true\"\n", "1:8", "quiet: must be true or false"},
      {"default: alow\n", "1:10", "must be allow, ask or deny, not \"alow\" (did you mean \"allow\"?)"},
      {"default: [ask]\n", "1:10", "must be one value"},
      {"audit: some\n", "1:8", "asked or all"},
      {"color: on\n", "1:8", "in quotes"},
      {"policies: relative/path\n", "1:11", "absolute path"},
      {"policies: \"\"\n", "1:11", "not empty"},
      {"backend: \"\"\n", "1:10", "must be local"},
      {"backend: local:relative\n", "1:10", "absolute path"},
      {"backend: 'https://a b'\n", "1:10", "must be local"},
      {"backend: nonsense\n", "1:10", "must be local"},
      {"token_file: /a\npolicies: 5\n", "2:11", "must be text"},
      {"- a\n", "1:1", "map of settings"},
      {"", "1:1", "nothing in it"},
      {"quiet: true\n---\nquiet: false\n", "2:1", "after the end"},
  }));
  CAPTURE(wrong.text);
  world.system(wrong.text);
  const std::string why = why_not(world.sources);
  CAPTURE(why);
  REQUIRE(why.starts_with(world.sources.system_file + ":" + wrong.place + ": "));
  REQUIRE(says(why, wrong.words));
}

TEST_CASE("a file that others may write is refused, for the system and for the user") {
  const World world;
  world.system("quiet: true\n");
  world.user("quiet: true\n");
  const std::string file = GENERATE(as<std::string>{}, "etc/config.yaml", "home/.config/jit-run/config.yaml");
  REQUIRE(why_not(world.sources) == "loads");
  fs::permissions(world.root / file, fs::perms::others_write, fs::perm_options::add);
  REQUIRE(says(why_not(world.sources), "others may write it"));
}

TEST_CASE("variables and flags are checked like files") {
  World world;
  ::setenv("JIT_RUN_DEFAULT", "alow", 1);
  REQUIRE(why_not(world.sources) ==
          "JIT_RUN_DEFAULT: must be allow, ask or deny, not \"alow\" (did you mean \"allow\"?)");
  ::setenv("JIT_RUN_DEFAULT", "", 1);
  REQUIRE(why_not(world.sources) == "loads");
  ::setenv("JIT_RUN_POLICIES", "relative", 1);
  REQUIRE(says(why_not(world.sources), "JIT_RUN_POLICIES: must be an absolute path"));
  ::unsetenv("JIT_RUN_POLICIES");
  world.sources.flags = {{"colour", "never"}};
  REQUIRE(says(why_not(world.sources), "did you mean \"color\"?"));
}

TEST_CASE("a relative path in a flag is the user's word") {
  World world;
  const fs::path before = fs::current_path();
  fs::current_path(world.root);
  world.sources.flags = {{"policies", "mine/policies"}, {"backend", "local:store"}};
  const Settings settings = load(world.sources);
  fs::current_path(before);
  REQUIRE(settings.find("policies") == world.root / "mine/policies");
  REQUIRE(settings.find("backend") == "local:" + (world.root / "store").string());
}

TEST_CASE("XDG directories count when they are absolute") {
  const World world;
  ::setenv("XDG_STATE_HOME", "/state", 1);
  ::setenv("XDG_CACHE_HOME", "relative", 1);
  World::write(world.root / "xdg/jit-run/config.yaml", "quiet: true\n");
  ::setenv("XDG_CONFIG_HOME", (world.root / "xdg").c_str(), 1);
  const Settings settings = load(world.sources);
  REQUIRE(settings.state_directory == "/state/jit-run");
  REQUIRE(settings.cache_directory == world.root / "home/.cache/jit-run");
  REQUIRE(settings.is_true("quiet"));
}

TEST_CASE("without HOME the user database tells, but not a program that must not ask it") {
  const World world;
  const std::string home = GENERATE(as<std::string>{}, "", "relative");
  if (home.empty()) {
    ::unsetenv("HOME");
  } else {
    ::setenv("HOME", home.c_str(), 1);
  }
  REQUIRE_FALSE(jit::config::load_without_names(world.sources));
  REQUIRE(load(world.sources).state_directory.ends_with("/.local/state/jit-run"));
  REQUIRE(load(world.sources).state_directory.starts_with("/"));
}
