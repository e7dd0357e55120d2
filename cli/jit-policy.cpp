// jit-policy: for who writes the rules. Checks policies, explains what they say of a command and who could
// approve it, runs their examples, and replays earlier requests.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/common/common.hpp"
#include "cli/common/parse.hpp"
#include "cli/common/words.hpp"
#include "cli/policy/options.hpp"
#include "cli/policy/sources.hpp"
#include "context/collector.hpp"
#include "context/document.hpp"
#include "policy/explain.hpp"
#include "policy/policy_tests.hpp"
#include "terminal/activity.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/json.hpp"
#include "util/text.hpp"
#include "yaml/document.hpp"

namespace jit::cli::policies {

void print(const std::string& text) {
  if (!util::write_all(STDOUT_FILENO, text)) throw util::SystemError(errno, "writing to stdout");
}

}  // namespace jit::cli::policies

namespace {

using namespace jit;
using namespace jit::cli::policies;
using util::Json;

bool wants_color(const config::Settings& settings) {
  const std::string color = settings.find("color").value_or("auto");
  const char* no_color = std::getenv("NO_COLOR");
  if (color == "auto") return ::isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
  return color == "always";
}

// Who reads it need not know of a file that is wrong as a whole: that is its beginning.
Json to_json(const yaml::Problem& problem) {
  return {{"file", problem.file},
          {"line", std::max(problem.mark.line, 1)},
          {"column", std::max(problem.mark.column, 1)},
          {"error", problem.text}};
}

int check(const Options& options) {
  try {
    const auto set = policy::Set::load_all(options.operands);
    const std::string counts =
        util::counted(set.file_count(), "file") + ", " + util::counted(set.rule_count(), "rule");
    print(options.json ? "[]\n" : counts + ": valid\n");
    return EXIT_SUCCESS;
  } catch (const yaml::LoadError& error) {
    std::string lines;
    Json problems = Json::array();
    for (const auto& problem : error.problems()) {
      lines += problem.line() + "\n";
      problems.push_back(to_json(problem));
    }
    print(options.json ? util::pretty_json(problems) + "\n" : lines);
    return cli::kUsage;
  }
}

// Who sets some of it has said what there is: nobody is asked.
ShownSources::Mode mode_of(const Options& options) {
  const bool is_set = std::any_of(options.sets.begin(), options.sets.end(), [](const auto& assignment) {
    return assignment.starts_with("warnings.") || assignment.starts_with("warnings=");
  });
  if (is_set) return ShownSources::Mode::set;
  return options.offline ? ShownSources::Mode::offline : ShownSources::Mode::ask;
}

std::string activity_text(const Json& context) {
  std::string text =
      "\nactivity of the requester: " + util::visible(terminal::activity_counts(context)) + "\n";
  for (const auto& other : terminal::requests_in_flight(context))
    text += "in flight: " + util::visible(other) + "\n";
  return text;
}

int explain(const Options& options) {
  const auto settings = config::load(options.sources);
  const auto set = cli::load_policies(settings);
  warn_of_server(settings);
  context::Collection collection;
  ShownSources sources(set, mode_of(options));
  collection.use(sources.collector());
  context::FullCollector collector({options.operands, {}}, set.command_specs(), set.env(),
                                   context::load_secret_key(settings.state_directory), collection);
  policy::ReplacedContext replaced(collector.whole());
  context::Document collected(replaced.json());
  replaced.put("activity", activity_of(settings, set, collected));
  for (const auto& assignment : options.sets) replaced.set(assignment);
  context::Document document(replaced.json());
  const auto explanation = policy::explain(set, document, cli::fallback_of(settings));
  if (options.json) {
    Json answer = policy::to_json(explanation, document.json());
    answer["sources"] = sources.json();
    print(util::pretty_json(answer) + "\n");
  } else {
    if (!set.installed()) cli::say("jit-policy", "no policy is installed: one approval by anybody is enough");
    print(policy::to_text(explanation, wants_color(settings)) + activity_text(document.json()) +
          sources.text());
  }
  return EXIT_SUCCESS;
}

int test(const Options& options) {
  const auto results = policy::run_tests(policy::Set::load_all(options.operands));
  print(options.json ? util::pretty_json(policy::to_json(results)) + "\n" : policy::to_text(results));
  const bool passed =
      std::all_of(results.begin(), results.end(), [](const auto& result) { return result.passed; });
  return passed ? EXIT_SUCCESS : kFailed;
}

void add_setting(CLI::App& app, Options& options, const std::string& key, const std::string& help) {
  const auto take = [&options, key](const std::string& value) { options.sources.flags[key] = value; };
  app.add_option_function<std::string>("--" + key, take, help);
}

// What is missing on the command line; empty when nothing is.
std::string missing_operand(const Options& options, bool takes_command) {
  if (!options.operands.empty()) return {};
  return takes_command ? "no command was given"
                       : "no policy file or directory was named: jit-policy COMMAND PATH...";
}

// An empty list of paths must not pass for one without mistakes, as where a pattern of the shell finds
// nothing.
std::string hint_about_paths(const Options& options, const std::string& command) {
  try {
    const auto path = cli::policies_path(config::load(options.sources));
    if (path) return "those in use here: jit-policy " + command + " " + util::shell_quote(*path);
  } catch (const util::Error&) {  // NOLINT(bugprone-empty-catch): it is about something else
  }
  return "jit-policy --help";
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app{"Check, explain, test and replay policies.", "jit-policy"};
  app.set_version_flag("--version", std::string("jit-policy ") + JIT_VERSION);
  app.require_subcommand(1)->fallthrough();
  app.add_flag("--json", options.json, "print JSON");
  app.add_option("--config", options.sources.config_file, "read this file instead of your own");
  add_setting(app, options, "color", "auto, always or never");
  auto* checking =
      app.add_subcommand("check", "load files and directories as one set, and say all that is wrong");
  auto* explaining = app.add_subcommand("explain", "which rules match a command, which do not and why not");
  auto* testing = app.add_subcommand("test", "run the tests that policies hold");
  auto* asking = app.add_subcommand("who", "who could approve a command now, and whether that is enough");
  auto* replaying = app.add_subcommand("replay", "what these policies would have made of earlier requests");
  checking->footer("Operands: PATH...");
  replaying->footer("Operands: PATH...");
  asking->footer("Operands: [--] COMMAND [ARGUMENT...]");
  add_setting(*asking, options, "policies", "a policy file or directory");
  asking->add_option("--as", options.as, "if this user asked");
  replaying->add_option("--since", options.since, "2026-11-22, a time (RFC 3339), or 30d");
  add_setting(*replaying, options, "backend", "where the requests are");
  testing->footer("Operands: PATH...");
  explaining->footer("Operands: [--] COMMAND [ARGUMENT...]");
  add_setting(*explaining, options, "policies", "a policy file or directory");
  // One value each: CLI11 would take "[a,b]" apart.
  explaining->add_option("--set", options.sets, "PATH=VALUE: another value in the context")
      ->allow_extra_args(false);
  explaining->add_flag("--offline", options.offline, "ask no source of warnings: nothing is known of them");

  cli::Words words =
      cli::divide(argc, argv, {"check", "explain", "test", "who", "replay"},
                  {"--set", "--policies", "--config", "--color", "--as", "--since", "--backend"},
                  {"explain", "who"}, "jit-policy --help");
  options.operands = std::move(words.operands);
  if (!cli::parse(app, std::move(words.own))) return EXIT_SUCCESS;
  const bool takes_command = explaining->parsed() || asking->parsed();
  const bool takes_policies = checking->parsed() || testing->parsed();
  if (const auto missing = missing_operand(options, takes_command); !missing.empty())
    throw util::UsageError(missing, takes_policies
                                        ? hint_about_paths(options, checking->parsed() ? "check" : "test")
                                        : "jit-policy --help");
  if (checking->parsed()) return check(options);
  if (asking->parsed()) return who(options);
  if (replaying->parsed()) return replay(options);
  return testing->parsed() ? test(options) : explain(options);
}

}  // namespace

int main(int argc, char** argv) {
  util::reserve_standard_descriptors();
  return cli::guarded("jit-policy", [&] { return run(argc, argv); });
}
