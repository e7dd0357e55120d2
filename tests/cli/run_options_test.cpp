#include "cli/common/run_options.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "util/error.hpp"

using jit::cli::RunOptions;
using Words = std::vector<std::string>;

namespace {

RunOptions parse(Words words) {
  words.insert(words.begin(), "jit-run");
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  return jit::cli::parse_run_options(static_cast<int>(words.size()), argv.data());
}

std::string why_not(const Words& words) {
  try {
    parse(words);
    return "accepted";
  } catch (const jit::util::UsageError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("the first word that is not an option starts the command") {
  REQUIRE(parse({"ls", "-l", "--quiet"}).argv == Words{"ls", "-l", "--quiet"});
  REQUIRE(parse({"--", "ls", "--", "x"}).argv == Words{"ls", "--", "x"});
  REQUIRE(parse({"--", "--quiet"}).argv == Words{"--quiet"});
  REQUIRE(parse({"--quiet", "-r", "ls", "ls", "-r"}).argv == Words{"ls", "-r"});
  REQUIRE(parse({"-", "x"}).argv == Words{"-", "x"});
  REQUIRE(parse({""}).argv == Words{""});
  REQUIRE(parse({"show", "\xff", "a b\n"}).argv == Words{"show", "\xff", "a b\n"});
  REQUIRE(parse({"[1,2]"}).argv == Words{"[1,2]"});
}

TEST_CASE("the option -c is exactly /bin/sh -c") {
  REQUIRE(parse({"-c", "a | b"}).argv == Words{"/bin/sh", "-c", "a | b"});
  REQUIRE(parse({"-c", ""}).argv == Words{"/bin/sh", "-c", ""});
  REQUIRE(parse({"sh", "-c", "x", "y"}).argv == Words{"sh", "-c", "x", "y"});
  REQUIRE(why_not({"-c", "a", "b"}) == "-c takes its shell text and nothing after it, not \"b\"");
}

TEST_CASE("options are read in all their forms") {
  const RunOptions options = parse({"-rwhy",  "--ticket=OPS-1", "-l",       "a=b=c",         "--label",
                                    "d=",     "--wait",         "1h30m",    "--status-fd=7", "--config",
                                    "c.yaml", "--backend",      "local:/x", "--policies=/p", "--token-file",
                                    "/t",     "--quiet",        "--color",  "never",         "true"});
  REQUIRE(options.reason == "why");
  REQUIRE(options.ticket == "OPS-1");
  REQUIRE(options.labels == std::map<std::string, std::string>{{"a", "b=c"}, {"d", ""}});
  REQUIRE(options.wait == std::chrono::minutes(90));
  REQUIRE(options.status_fd == 7);
  REQUIRE(options.sources.config_file == "c.yaml");
  REQUIRE(options.sources.flags == std::map<std::string, std::string>{{"backend", "local:/x"},
                                                                      {"policies", "/p"},
                                                                      {"token_file", "/t"},
                                                                      {"quiet", "true"},
                                                                      {"color", "never"}});
  REQUIRE_FALSE((options.no_wait || options.explain || options.request));
  REQUIRE(parse({"--request", "abcd", "true"}).request == "abcd");
  REQUIRE(parse({"--no-wait", "true"}).no_wait);
  REQUIRE(parse({"--explain", "true"}).explain);
  REQUIRE(parse({"--help"}).help);
  REQUIRE(parse({"--version"}).version);
}

TEST_CASE("every setting is an option of the same name") {
  for (const auto& key : jit::config::keys()) {
    std::string option = "--" + key;
    for (char& c : option) {
      if (c == '_') c = '-';
    }
    const RunOptions options = key == "quiet" ? parse({option, "true"}) : parse({option, "value", "true"});
    REQUIRE(options.sources.flags.count(key) == 1);
    REQUIRE(options.argv == Words{"true"});
  }
}

TEST_CASE("a line that cannot be read says why") {
  REQUIRE(why_not({}) == "no command");
  REQUIRE(why_not({"--"}) == "no command");
  REQUIRE(why_not({"--quiet"}) == "no command");
  REQUIRE(why_not({"--resaon", "x", "true"}) == "unknown option --resaon (did you mean \"--reason\"?)");
  REQUIRE(why_not({"--resaon=x", "true"}) == "unknown option --resaon (did you mean \"--reason\"?)");
  REQUIRE(why_not({"-x", "true"}) == "unknown option -x");
  REQUIRE(why_not({"-r"}) == "-r: needs a value");
  REQUIRE(why_not({"--reason"}) == "--reason: needs a value");
  REQUIRE(why_not({"--quiet=yes", "true"}) == "--quiet: takes no value");
  REQUIRE(why_not({"--re", "x", "true"}) == "--re: could be --reason or --request or --retry-changed");
  REQUIRE(why_not({"--break-glass", "true"}).find("needs a reason") != std::string::npos);
  REQUIRE(why_not({"--break-glass", "-r", " ", "true"}).find("needs a reason") != std::string::npos);
  REQUIRE(why_not({"--break-glass", "-r", "fire", "--no-wait", "true"}).find("waits for nothing") !=
          std::string::npos);
  REQUIRE(why_not({"-l", "novalue", "true"}) == "--label: must be KEY=VALUE, not \"novalue\"");
  REQUIRE(why_not({"-l", "=x", "true"}).find("KEY=VALUE") != std::string::npos);
  REQUIRE(why_not({"-l", "\xc3\xa9=x", "true"}).find("KEY=VALUE") != std::string::npos);
  REQUIRE(why_not({"-l", "a=1", "-l", "a=2", "true"}).find("twice") != std::string::npos);
  REQUIRE(why_not({"--wait", "15", "true"}) == "--wait: not a duration: \"15\"");
  REQUIRE(why_not({"--status-fd", "3x", "true"}) == "--status-fd: not a descriptor: \"3x\"");
  REQUIRE(why_not({"--status-fd", "-1", "true"}) == "--status-fd: not a descriptor: \"-1\"");
  REQUIRE(why_not({"-r", "\xff", "true"}) == "--reason: not UTF-8");
  REQUIRE(why_not({"--no-wait", "--request", "x", "true"}).find("exclude") != std::string::npos);
  REQUIRE(why_not({"--explain", "--no-wait", "true"}).find("--explain") != std::string::npos);
}

TEST_CASE("the help names every option") {
  const std::string help = jit::cli::run_help();
  for (const char* option :
       {"-c TEXT", "--reason", "--ticket", "--label", "--wait", "--no-wait", "--request", "--explain",
        "--backend", "--policies", "--config", "--quiet", "--color", "--status-fd", "--help", "--version"}) {
    CAPTURE(option);
    REQUIRE(help.find(option) != std::string::npos);
  }
}
