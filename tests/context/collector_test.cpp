#include "context/collector.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "context/action.hpp"
#include "context/sandbox.hpp"
#include "context/specs.hpp"
#include "context/unsafe_env.hpp"
#include "util/digest.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit {
namespace {

using util::Json;
const std::string kKey(32, 'k');

Json whole(const std::vector<std::string>& argv, std::vector<std::string> env = {},
           const std::map<std::string, std::string>& labels = {}) {
  static const test::Specs specs;
  context::Collection collection;
  context::FullCollector collector({argv, labels}, specs, std::move(env), kKey, collection);
  return collector.whole();
}

const Json* file_of(const Json& context, const std::string& path) {
  for (const auto& file : context["command"]["files"]) {
    if (file["path"] == path) return &file;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("the quick collector and the full one agree on what both can tell") {
  const test::Sandbox box;
  const test::WorkingDirectory there(box.path());
  const test::Specs specs;
  const test::Variable profile("AWS_PROFILE", "prod");
  const context::Invocation invocation{{"git", "--token", "abc", "-x", "push", "caf\xc3\xa9", "b\xff"},
                                       {{"a", "b"}}};
  context::Collector quick(invocation, specs, {"AWS_PROFILE"});
  context::Collection collection;
  context::FullCollector full(invocation, specs, {"AWS_PROFILE"}, kKey, collection);
  for (const char* path :
       {"command.argv", "command.line", "command.name", "command.path", "command.cwd", "command.subcommand",
        "command.options.token", "command.options.x", "env.AWS_PROFILE", "session.interactive", "session.tty",
        "time.weekday", "labels.a", "raw"}) {
    INFO(path);
    const Json* a = quick.find(path);
    const Json* b = full.find(path);
    REQUIRE((a == nullptr) == (b == nullptr));
    if (a != nullptr) CHECK(*a == *b);
  }
  CHECK_FALSE(quick.deferred());
  CHECK_FALSE(full.deferred());
  CHECK(*quick.find("command.cwd") == box.path());
  CHECK(*quick.find("env.AWS_PROFILE") == "prod");
  CHECK(quick.find("command.argv")->at(2) == "[redacted]");
  CHECK(quick.find("raw")->at("command.argv.6") == "62ff");
}

TEST_CASE("what the quick collector cannot tell is deferred, not guessed") {
  const test::Specs specs;
  for (const char* path :
       {"user.name", "host.name", "git.branch", "command.sha256", "command.files", "warnings.critical"}) {
    context::Collector quick({{"ls"}, {}}, specs, {});
    CHECK(quick.find(path) == nullptr);
    CHECK(quick.deferred());
  }
}

TEST_CASE("every word counts: digests differ where command lines do") {
  std::vector<std::vector<std::string>> lines = {{"ls", "a b"},
                                                 {"ls", "a", "b"},
                                                 {"ls", "a b "},
                                                 {"ls", "a b", ""},
                                                 {"ls", "", "a b"},
                                                 {"ls", "'a b'"},
                                                 {"ls", "a  b"},
                                                 {"ls", "a\xff"},
                                                 {"ls", "a\xfe"},
                                                 {"ls", "a\\xff"},
                                                 {"ls", "--password=x"},
                                                 {"ls", "--password=y"},
                                                 {"ls", "--password=[redacted]"},
                                                 {"ls", "--password", "x"},
                                                 {"ls", "a\nb"},
                                                 {"ls", "\xe2\x80\xaeg"}};
  std::set<std::string> digests;
  for (const auto& line : lines) digests.insert(context::digest_of(whole(line)).text());
  CHECK(digests.size() == lines.size());
  CHECK(context::digest_of(whole(lines[0])) == context::digest_of(whole(lines[0])));
}

TEST_CASE("secrets are nowhere in the context, and still bound") {
  const test::Variable variable("MY_TOKEN", "hunter2");
  const test::Variable unsafe("PAGER", "https://a:hunter2@b");
  const Json context =
      whole({"t", "--password=hunter2", "--token", "hunter2", "https://u:hunter2@h", "x\xff--secret=hunter2"},
            {"MY_TOKEN"});
  const std::string text = context.dump();
  CHECK(text.find("hunter2") == std::string::npos);
  CHECK(text.find(util::hex("hunter2")) == std::string::npos);
  const Json& redactions = context["command"]["redactions"];
  CHECK(redactions.size() == 6);
  std::set<std::string> fingerprints;
  for (const auto& redaction : redactions) fingerprints.insert(redaction["fingerprint"].get<std::string>());
  CHECK(fingerprints.size() == 6);  // equal secrets do not look equal
  CHECK(context["env"]["MY_TOKEN"] == "[redacted]");
  const test::Variable other("MY_TOKEN", "hunter3");
  CHECK_FALSE(context::digest_of(whole({"t"}, {"MY_TOKEN"})) == context::digest_of(context));
}

TEST_CASE("argv of any bytes and sizes is taken") {
  const Json context = whole({"\xff\x00z", std::string(128U << 10U, '\x80'), ""});
  CHECK(context["command"]["name"] == "\\xff");
  CHECK(context["raw"].contains("command.argv.1"));
  CHECK_NOTHROW(context::digest_of(context));
  std::vector<std::string> many(100'000, "x");
  CHECK(whole(many)["command"]["argv"].size() == 100'000);
  CHECK_NOTHROW(whole({""}));
}

TEST_CASE("unsafe variables are there whatever the policy captures, and named as written") {
  const test::Variable preload("LD_AUDIT", "/tmp/x.so");
  const test::Variable function("BASH_FUNC_ls%%", "() { rm -rf /; }");
  const test::Variable config("GIT_CONFIG_COUNT", "1");
  const Json context = whole({"ls"});
  CHECK(context["unsafe_env"]["LD_AUDIT"] == "/tmp/x.so");
  CHECK(context["unsafe_env"]["BASH_FUNC_ls%%"] == "() { rm -rf /; }");
  CHECK(context["unsafe_env"]["GIT_CONFIG_COUNT"] == "1");
  CHECK(context["env"] == Json::object());
}

TEST_CASE("a variable that is set twice is shown twice, and no allow rule may build on it") {
  char first[] = "JIT_TWICE=dev";
  char second[] = "JIT_TWICE=prod";
  char* twice[] = {first, second, nullptr};
  char** before = environ;
  environ = twice;
  const test::Specs specs;
  context::Collector quick({{"ls"}, {}}, specs, {"JIT_TWICE"});
  const Json value = *quick.find("env.JIT_TWICE");
  const Json raw = *quick.find("raw");
  environ = before;
  CHECK(value == Json{"dev", "prod"});
  CHECK_FALSE(raw.empty());
}

TEST_CASE("forged identity variables change nothing") {
  const Json before = whole({"ls"});
  const test::Variable user("USER", "mallory");
  const test::Variable logname("LOGNAME", "mallory");
  const test::Variable sudo("SUDO_USER", "mallory");
  const test::Variable uid("SUDO_UID", "0");
  CHECK(whole({"ls"})["user"] == before["user"]);
  CHECK(before["user"]["uid"] == ::getuid());
  CHECK(before["user"]["sudo_user"].is_null());
  CHECK_FALSE(before["host"]["os"].get<std::string>().empty());
}

TEST_CASE("files that the command names are bound") {
  const test::Sandbox box;
  const test::WorkingDirectory there(box.path());
  for (const char* name : {"a.yaml", "b.yaml", "c.yaml", "d.yaml", "e.yaml", "script.sh"})
    test::put_file(name, name);
  test::put_file("tool", "#!/usr/bin/env sh\nexit 0\n");
  REQUIRE(::chmod("tool", 0755) == 0);
  std::filesystem::create_symlink("a.yaml", "link");
  std::filesystem::create_directory("dir");
  REQUIRE(::mkfifo("fifo", 0600) == 0);
  const Json context = whole({"./tool", "a.yaml", "--file=b.yaml", "-fc.yaml", "@d.yaml", "k=@e.yaml", "link",
                              "dir", "fifo", "missing", "a.yaml", "/dev/null", "nice", "-c"});
  std::vector<std::string> paths;
  for (const auto& file : context["command"]["files"]) paths.push_back(file["path"]);
  const std::vector<std::string> named = {"a.yaml", "b.yaml", "c.yaml", "d.yaml",
                                          "e.yaml", "link",   "dir",    "fifo"};
  REQUIRE(paths.size() > named.size());
  CHECK(std::vector(paths.begin(), paths.begin() + static_cast<long>(named.size())) == named);
  CHECK(file_of(context, "a.yaml")->at("sha256") == util::sha256("a.yaml"));
  CHECK(file_of(context, "a.yaml")->at("size") == 6);
  CHECK(file_of(context, "link")->at("sha256") == util::sha256("a.yaml"));
  CHECK(file_of(context, "fifo")->at("sha256").is_null());
  CHECK(file_of(context, "fifo")->at("why") == "not a regular file");
  CHECK(file_of(context, "dir")->at("why") == "a directory: what is in it is not bound");
  CHECK(context["command"]["sha256"] == util::sha256("#!/usr/bin/env sh\nexit 0\n"));
  CHECK(context["command"]["path"] == box.path() + "/tool");
  // The script's interpreter, and the one that env finds.
  CHECK(file_of(context, "/usr/bin/env")->at("runs") == "env");
  CHECK(std::any_of(paths.begin(), paths.end(), [](const auto& path) { return path.ends_with("/sh"); }));
}

TEST_CASE("a file is found wherever it stands in a word") {
  const test::Sandbox box;
  const test::WorkingDirectory there(box.path());
  for (const char* name : {"a.yaml", "b.yaml", "x.mk", "q.sql"}) test::put_file(name, name);
  const std::vector<std::pair<std::vector<std::string>, const char*>> rows = {
      {{"make", "-sfx.mk"}, "x.mk"},
      {{"t", "-f", "a.yaml,b.yaml"}, "b.yaml"},
      {{"t", "--filename=a.yaml,b.yaml"}, "a.yaml"},
      {{"curl", "-d@a.yaml", "https://host/"}, "a.yaml"},
      {{"curl", "-F", "f=<a.yaml", "https://host/"}, "a.yaml"},
      {{"t", "-v", "a.yaml:/etc/x"}, "a.yaml"},
      {{"mysql", "-e", "source q.sql;"}, "q.sql"},
      {{"psql", "-c", "\\i q.sql"}, "q.sql"}};
  for (const auto& [argv, name] : rows) {
    INFO(argv.back());
    const Json context = whole(argv);
    const Json* file = file_of(context, name);
    REQUIRE(file != nullptr);
    CHECK(file->at("sha256") == util::sha256(name));
  }
}

TEST_CASE("what a wrapper runs is bound, too") {
  const test::Sandbox box;
  const test::WorkingDirectory there(box.path());
  test::put_file("deploy.sh", "echo\n");
  REQUIRE(::chmod("deploy.sh", 0755) == 0);
  test::put_file("values", "x");
  const Json context = whole({"nice", "-n", "5", "sh", "-c", "./deploy.sh values"});
  CHECK(file_of(context, box.path() + "/deploy.sh")->at("runs") == "./deploy.sh");
  CHECK(file_of(context, "values")->at("sha256") == util::sha256("x"));
  bool shell = false;
  for (const auto& file : context["command"]["files"])
    shell = shell || (file.contains("runs") && file["runs"] == "sh");
  CHECK(shell);
  CHECK(file_of(whole({"ssh", "host", "cat values"}), "values") == nullptr);
}

TEST_CASE("beyond the most files that are bound, the rest is declared") {
  const test::Sandbox box;
  const test::WorkingDirectory there(box.path());
  std::vector<std::string> argv = {"cat"};
  for (int i = 0; i < 300; ++i) {
    argv.push_back("f" + std::to_string(i));
    test::put_file(argv.back(), "x");
  }
  const Json files = whole(argv)["command"]["files"];
  CHECK(files.size() == 257);
  CHECK(files.back()["path"].get<std::string>().ends_with(" more"));
  CHECK(files.back()["sha256"].is_null());

  SECTION("and bound by what can be seen of them without reading them") {
    test::put_file("f299", "changed");
    CHECK(whole(argv)["command"]["files"].back()["stamp"] != files.back()["stamp"]);
  }
  SECTION("and does not crowd out the programs that rules ask for") {
    argv.insert(argv.begin(), "nice");
    CHECK(whole(argv)["command"]["files"].front()["runs"] == "cat");
  }
}

TEST_CASE("a file with a name that looks like a secret is bound, and its name is not shown") {
  const test::Sandbox box;
  const test::WorkingDirectory there(box.path());
  test::put_file("token=hunter2", "echo\n");
  const Json context = whole({"sh", "token=hunter2"});
  CHECK(context.dump().find("hunter2") == std::string::npos);
  const Json* file = file_of(context, "token=[redacted]");
  REQUIRE(file != nullptr);
  CHECK(file->at("sha256") == util::sha256("echo\n"));
}

TEST_CASE("rules of this machine see the words as they were typed") {
  const test::Specs specs;
  context::Collector hiding({{"mysql", "--password=hunter2", "x"}, {}}, specs, {});
  REQUIRE(hiding.hides_words());
  context::AsTyped typed(hiding);
  CHECK(typed.find("command.argv")->at(1) == "--password=hunter2");
  CHECK(*typed.find("command.line") == "mysql --password=hunter2 x");
  CHECK(*typed.find("command.name") == "mysql");
  CHECK(hiding.find("command.line")->get<std::string>().find("hunter2") == std::string::npos);
  context::Collector open({{"ls", "x"}, {}}, specs, {});
  CHECK_FALSE(open.hides_words());
}

TEST_CASE("variables that change what a command does are told from those that everybody sets") {
  const std::vector<std::pair<const char*, const char*>> unsafe = {{"LD_LIBRARY_PATH", "/x"},
                                                                   {"GIT_TRACE", "/x"},
                                                                   {"GIT_EDITOR", "rm"},
                                                                   {"LESS", "+!id"},
                                                                   {"PAGER", "sh -c id"},
                                                                   {"OPENSSL_CONF", "/x"},
                                                                   {"PYTHONPATH", "."},
                                                                   {"TF_CLI_ARGS_plan", "-x"},
                                                                   {"SUDO_ASKPASS", "/x"},
                                                                   {"LESS", "-k/x"},
                                                                   {"LESS", "--lesskey-src=/x"},
                                                                   {"LESSKEYIN", "/x"},
                                                                   {"MANPAGER", "/x"},
                                                                   {"PATH", "/home/a/bin:/usr/bin"},
                                                                   {"PATH", "/usr/bin:"},
                                                                   {"PATH", "/usr/../tmp"},
                                                                   {"HOME", "/tmp"},
                                                                   {"HOME", "/home/a/evil"},
                                                                   {"XDG_CONFIG_HOME", "/tmp"}};
  for (const auto& [name, value] : unsafe) {
    INFO(name);
    CHECK(context::is_unsafe_variable(name, value));
  }
  const std::vector<std::pair<const char*, const char*>> usual = {
      {"EDITOR", "vim"},        {"PAGER", "less -R"},      {"LESS", "-FRX"},
      {"GIT_AUTHOR_NAME", "x"}, {"PYTHONUNBUFFERED", "1"}, {"LESSOPEN", "| /usr/bin/lesspipe %s"},
      {"HOME", "/home/alice"},  {"HOME", "/root"},         {"PATH", "/usr/local/bin:/usr/bin:/bin"},
      {"TF_VAR_a", "b"}};
  for (const auto& [name, value] : usual) {
    INFO(name);
    CHECK_FALSE(context::is_unsafe_variable(name, value));
  }
}

TEST_CASE("the second collection sees what changed in between") {
  const test::Sandbox box;
  const test::WorkingDirectory there(box.path());
  const test::Specs specs;
  test::put_file("f", "one");
  context::Collection collection;
  const auto collect = [&] {
    context::FullCollector collector({{"cat", "f"}, {}}, specs, {}, kKey, collection);
    return collector.whole();
  };
  const Json before = collect();
  CHECK(context::differences(before, collect()).empty());
  test::put_file("f", "two");
  CHECK(context::differences(before, collect()) == std::vector<std::string>{"f: content changed"});
  std::filesystem::remove("f");
  CHECK(context::differences(before, collect()) == std::vector<std::string>{"f: is no longer there"});
}

TEST_CASE("a working directory that was removed is not known, and nothing fails") {
  const test::Sandbox box;
  std::filesystem::create_directory(box.path() + "/gone");
  const test::WorkingDirectory there(box.path() + "/gone");
  std::filesystem::remove(box.path() + "/gone");
  const Json context = whole({"ls", "x"});
  CHECK(context["command"]["cwd"].is_null());
  CHECK(context["git"]["why"] == "the working directory has no path");
}

TEST_CASE("the secret key is made once and kept to its owner") {
  const test::Sandbox box;
  const std::string state = box.path() + "/state/jit-run";
  const std::string key = context::load_secret_key(state);
  CHECK(key.size() == 32);
  CHECK(context::load_secret_key(state) == key);
  struct stat status {};
  REQUIRE(::stat((state + "/secret-key").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600);
  REQUIRE(::stat(state.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0700);
  REQUIRE(::chmod((state + "/secret-key").c_str(), 0644) == 0);
  CHECK_THROWS_AS(context::load_secret_key(state), util::UsageError);
  test::put_file(state + "/secret-key", "short");
  CHECK_THROWS_AS(context::load_secret_key(state), util::UsageError);
}

}  // namespace jit
