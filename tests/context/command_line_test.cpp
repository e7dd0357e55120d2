#include "context/command_line.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "context/specs.hpp"

namespace jit {
namespace {

using context::CommandSpec;
using context::read_command_line;
using context::Reading;
using Argv = std::vector<std::string>;

CommandSpec kubectl() {
  CommandSpec spec;
  spec.value_options = {"-n", "--namespace", "--context"};
  spec.flags = {"-f", "-w", "--force", "--watch"};
  return spec;
}

// "delete ns x | context=prod force" for a reading.
std::string text(const Reading& reading) {
  std::string result = reading.subcommand + " |";
  for (const auto& [name, value] : reading.values) result += " " + name + "=" + value;
  auto switches = reading.switches;
  std::sort(switches.begin(), switches.end());
  for (const auto& name : switches) result += " " + name;
  return result;
}

std::vector<std::string> texts(const Argv& argv, const CommandSpec* spec) {
  std::vector<std::string> result;
  for (const auto& reading : read_command_line(argv, spec).all) result.push_back(text(reading));
  return result;
}

bool has(const std::vector<std::string>& list, const std::string& line) {
  return std::find(list.begin(), list.end(), line) != list.end();
}

}  // namespace

TEST_CASE("listed options leave one reading") {
  const CommandSpec spec = kubectl();
  const std::string expected = "delete ns x | context=prod";
  for (const Argv& argv : std::vector<Argv>{{"kubectl", "--context", "prod", "delete", "ns", "x"},
                                            {"kubectl", "--context=prod", "delete", "ns", "x"},
                                            {"kubectl", "delete", "--context", "prod", "ns", "x"},
                                            {"kubectl", "delete", "ns", "x", "--context", "prod"}}) {
    CHECK(texts(argv, &spec) == Argv{expected});
  }
  CHECK(texts({"kubectl", "-n", "a", "get", "b"}, &spec) == Argv{"get b | n=a"});
  CHECK(texts({"kubectl", "-na", "get", "b"}, &spec) == Argv{"get b | n=a"});
  CHECK(texts({"kubectl", "-wfna", "get", "b"}, &spec) == Argv{"get b | n=a f w"});
  CHECK(texts({"kubectl", "-wfn", "a", "get", "b"}, &spec) == Argv{"get b | n=a f w"});
  CHECK(texts({"kubectl", "--force", "get", "b"}, &spec) == Argv{"get b | force"});
  // getopt's value is "=a", Go's "a".
  CHECK(texts({"kubectl", "-n=a", "get"}, &spec) == Argv{"get | n=a", "get | n==a"});
  // A value option takes what follows, whatever it looks like.
  CHECK(texts({"kubectl", "--context", "--force", "get"}, &spec) == Argv{"get | context=--force"});
  CHECK(texts({"kubectl", "--context", "--", "get"}, &spec) == Argv{"get | context=--"});
  CHECK(texts({"kubectl", "get", "--context"}, &spec) == Argv{"get | context"});
}

TEST_CASE("after two dashes all is words, and a dash alone is one") {
  const CommandSpec spec = kubectl();
  CHECK(texts({"kubectl", "exec", "--", "--context", "prod"}, &spec) == Argv{"exec --context prod |"});
  CHECK(texts({"kubectl", "apply", "-"}, &spec) == Argv{"apply - |"});
  CHECK(texts({"kubectl", ""}, &spec) == Argv{" |"});
  CHECK(texts({"kubectl"}, &spec) == Argv{" |"});
  CHECK(texts({}, nullptr) == Argv{" |"});
}

TEST_CASE("an option that is not listed is read both ways, the switch first") {
  const CommandSpec spec = kubectl();
  CHECK(texts({"kubectl", "--new", "a", "get"}, &spec) == Argv{"a get | new", "get | new=a"});
  CHECK(texts({"kubectl", "-z", "a", "get"}, &spec) == Argv{"a get | z", "get | z=a"});
  CHECK(texts({"kubectl", "--new=a", "get"}, &spec) == Argv{"get | new=a"});
  CHECK(texts({"kubectl", "get", "--new"}, &spec) == Argv{"get | new"});
  // It may swallow an option, or the two dashes.
  CHECK(texts({"tool", "--new", "--dry-run"}, nullptr) == Argv{" | dry-run new", " | new=--dry-run"});
  CHECK(has(texts({"tool", "--new", "--", "--force"}, nullptr), " | new=-- force"));
}

TEST_CASE("a bundle of unknown letters is every way that it can be meant") {
  const auto readings = texts({"rm", "-rf", "x"}, nullptr);
  CHECK(has(readings, "x | f r rf"));       // two flags, or one long name
  CHECK(has(readings, "x | r=f"));          // -r with the value "f"
  CHECK(has(readings, " | f=x rf=x r"));    // the last one takes the next word
  CHECK(readings.front() == "x | f r rf");  // doubtful ones as switches
  CHECK(has(texts({"make", "-fn"}, nullptr), " | f=n"));
  CHECK(has(texts({"make", "-vfn"}, nullptr), " | f=n v"));
}

TEST_CASE("an option given twice has a reading for each value") {
  const CommandSpec spec = kubectl();
  CHECK(texts({"kubectl", "--context", "a", "--context", "b", "get"}, &spec) ==
        Argv{"get | context=a", "get | context=b"});
  CHECK(texts({"kubectl", "--context", "a", "--context", "a", "get"}, &spec) == Argv{"get | context=a"});
  CHECK(texts({"kubectl", "--force", "--force=false", "get"}, &spec) ==
        Argv{"get | force", "get | force=false"});
}

TEST_CASE("abbreviated options are read in full where the program does so") {
  CommandSpec spec;
  spec.value_options = {"--signal", "--kill-after"};
  spec.flags = {"--preserve-status", "--signals-ignored"};
  CHECK(texts({"t", "--kill=5", "x"}, &spec) == Argv{"x | kill=5"});
  spec.abbreviations = true;
  CHECK(texts({"t", "--kill=5", "x"}, &spec) == Argv{"x | kill-after=5"});
  CHECK(texts({"t", "--kill", "5", "x"}, &spec) == Argv{"x | kill-after=5"});
  CHECK(texts({"t", "--pres", "x"}, &spec) == Argv{"x | preserve-status"});
  CHECK(texts({"t", "--signal", "9", "x"}, &spec) ==
        Argv{"x | signal=9"});  // exact, though a prefix of another
  CHECK(texts({"t", "--sig", "9"}, &spec) ==
        Argv{"9 | sig", " | sig=9"});  // two candidates: nothing is assumed
}

TEST_CASE("single-dash long options are read when they are listed") {
  CommandSpec terraform;
  terraform.value_options = {"-target"};
  terraform.flags = {"-auto-approve"};
  CHECK(texts({"terraform", "apply", "-auto-approve", "-target=a"}, &terraform) ==
        Argv{"apply | target=a auto-approve"});
  CHECK(texts({"terraform", "apply", "-target", "a"}, &terraform) == Argv{"apply | target=a"});
}

TEST_CASE("readings are at most 256, beyond that nothing is concluded") {
  Argv argv = {"tool"};
  for (int i = 0; i < 8; ++i) {
    argv.push_back("--o" + std::to_string(i));
    argv.push_back("w" + std::to_string(i));
  }
  const auto full = read_command_line(argv, nullptr);
  CHECK(full.all.size() == 256);
  CHECK_FALSE(full.too_many);
  argv.insert(argv.end(), {"--more", "w"});
  const auto beyond = read_command_line(argv, nullptr);
  CHECK(beyond.too_many);
  REQUIRE(beyond.all.size() == 1);
  CHECK(beyond.all[0].values.empty());
  CHECK(beyond.all[0].subcommand == "w0 w1 w2 w3 w4 w5 w6 w7 w");

  Argv repeated = {"tool"};
  for (int i = 0; i < 300; ++i) repeated.push_back("--o=" + std::to_string(i));
  CHECK(read_command_line(repeated, nullptr).too_many);
  CHECK(read_command_line(repeated, nullptr).all.size() == 1);
}

TEST_CASE("a word hidden as a secret where a subcommand may stand makes the reading doubtful") {
  CHECK(read_command_line({"tool", "--password", "[redacted]", "push"}, nullptr).too_many);
  CommandSpec spec;
  spec.value_options = {"--password"};
  CHECK_FALSE(read_command_line({"tool", "--password", "[redacted]", "push"}, &spec).too_many);
  CHECK_FALSE(read_command_line({"tool", "--password=[redacted]", "push"}, nullptr).too_many);
  CHECK(texts({"mysql", "-p[redacted]", "-e"}, nullptr) == Argv{" | p=[redacted] e"});
}

TEST_CASE("long command lines are read in linear time") {
  const auto time = [](const Argv& argv) {
    const auto start = std::chrono::steady_clock::now();
    (void)read_command_line(argv, nullptr);
    (void)context::unwrap_all(argv, test::Specs());
    return std::chrono::steady_clock::now() - start;
  };
  // Generous: what is quadratic needs minutes here.
  CHECK(time(Argv(100'000, "word")) < std::chrono::seconds(20));
  CHECK(time(Argv(100'000, "--option")) < std::chrono::seconds(20));
  CHECK(time(Argv(100'000, "-abc")) < std::chrono::seconds(20));
  CHECK(time({"tool", "-" + std::string(130'000, 'x')}) < std::chrono::seconds(20));
  CHECK(time({"sh", "-c", std::string(130'000, ';')}) < std::chrono::seconds(20));
  Argv wrapped(100'000, "env");
  CHECK(time(wrapped) < std::chrono::seconds(20));
  wrapped.insert(wrapped.begin() + 1, "--weird");
  CHECK(time(wrapped) < std::chrono::seconds(20));
}

TEST_CASE("options in the context show every possible value") {
  const auto json = [](const Argv& argv) { return context::options_json(read_command_line(argv, nullptr)); };
  CHECK(json({"t", "--a=1", "b"}) == util::Json{{"a", "1"}});
  CHECK(json({"t", "--a"}) == util::Json{{"a", true}});
  CHECK(json({"t", "--a", "b"}) == util::Json{{"a", util::Json::array({true, "b"})}});
  CHECK(json({"t"}) == util::Json::object());
}

TEST_CASE("a command's name is the last part of argv[0]") {
  CHECK(context::command_name({"/usr/bin/git", "x"}) == "git");
  CHECK(context::command_name({"git"}) == "git");
  CHECK(context::command_name({}).empty());
}

}  // namespace jit
