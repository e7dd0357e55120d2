// jit-notify: tells of what is in a store's outbox. jit-server keeps one beside itself; where a store is
// embedded, jit-run starts one when there is something to tell. A program of its own: it loads libcurl, which
// nobody who waits for a decision should pay for.
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string_view>

#include "cli/common/common.hpp"
#include "cli/common/parse.hpp"
#include "cli/common/stamp.hpp"
#include "delivery/dispatcher.hpp"
#include "delivery/lock.hpp"
#include "store/place.hpp"
#include "store/sqlite_store.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/text.hpp"

namespace {

using namespace jit;

constexpr const char* kProgram = "jit-notify";
constexpr const char* kServer = "jit-server";  // which people type, and which becomes this one

struct Options {
  std::string store, policies, channel;
  bool stay = false, as_json = false, buttons = false;
  bool serve = false, test = false, status = false;
};

std::optional<Options> read_options(int argc, char** argv) {
  Options options;
  CLI::App app("Tells of what happens to requests. jit-server and jit-run start it.", kProgram);
  app.set_version_flag("--version", std::string("jit-notify ") + JIT_VERSION);
  app.require_subcommand(1)->fallthrough();
  app.add_option("--store", options.store, "the directory of the store")->required();
  app.add_option("--policies", options.policies, "a file or directory");
  app.add_flag("--json", options.as_json, "print JSON");
  auto* serve = app.add_subcommand("serve", "deliver until nothing is left to tell");
  serve->add_flag("--stay", options.stay, "until standard input ends");
  serve->add_flag("--buttons", options.buttons, "messages of Slack's bots have buttons that decide");
  auto* test = app.add_subcommand("test", "send a test message");
  test->add_option("CHANNEL", options.channel, "its name in the policies")->required();
  auto* status = app.add_subcommand("status", "what was delivered, waits, or was given up");
  if (!cli::parse(app, argc, argv)) return std::nullopt;
  options.serve = serve->parsed();
  options.test = test->parsed();
  options.status = status->parsed();
  if (!options.status && options.policies.empty()) throw util::UsageError("--policies is missing");
  return options;
}

void log(const Options& options, const std::string& text) {
  if (!options.as_json) return cli::say(kProgram, "warning: " + text);
  const util::Json line = {
      {"at", util::to_rfc3339(util::wall_clock())}, {"level", "warning"}, {"message", util::visible(text)}};
  (void)util::write_all(STDERR_FILENO, util::compact_json(line) + "\n");
}

// The server's own waits until there is a store, and until another one has ended.
std::optional<util::Fd> take_lock(const Options& options) {
  constexpr int kPause = 100;  // ms
  while (true) {
    const bool is_there = store::has_store(options.store);
    auto held = is_there ? delivery::lock(options.store) : std::nullopt;
    if (held || !options.stay) return held;
    // Its end, and not what may lie in it: an errand, which is done when there is a store.
    pollfd parent{STDIN_FILENO, 0, 0};
    if (::poll(&parent, 1, kPause) == 1) return std::nullopt;
  }
}

// Whoever posts while this ends finds the lock held, and leaves it to us: so look again when it is free.
int serve(const Options& options) {
  ::signal(SIGPIPE, SIG_IGN);
  ::prctl(PR_SET_DUMPABLE, 0);  // it holds secrets
  while (true) {
    {
      const auto held = take_lock(options);
      if (!held) return EXIT_SUCCESS;
      delivery::Dispatcher dispatcher({options.store, [&] { return policy::Set::load(options.policies, {}); },
                                       [&] { return cli::stamp_of(options.policies); },
                                       options.stay ? STDIN_FILENO : -1, options.buttons,
                                       [&](const std::string& text) { log(options, text); }});
      dispatcher.run();
      if (options.stay) return EXIT_SUCCESS;
    }
    if (!store::open_sqlite(options.store, store::Access::read_only)->may_notify()) return EXIT_SUCCESS;
  }
}

int test(const Options& options) {
  if (::access(options.policies.c_str(), F_OK) != 0 && errno == ENOENT)
    throw util::UsageError(util::visible(options.policies) + ": no such file or directory",
                           "--policies names the file or directory that has the channels");
  const auto policies = policy::Set::load(options.policies, {});
  std::vector<std::string> names;
  for (const auto& channel : policies.channels()) {
    names.push_back(channel.name);
    if (channel.name != options.channel) continue;
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    const auto tried = delivery::try_channel(channel, host.data(), options.store);
    if (!tried.arrived) throw util::Error(channel.name + ": " + tried.what, tried.hint);
    std::cout << "ok: " << util::visible(channel.name) << ": " << tried.what << "\n";
    return EXIT_SUCCESS;
  }
  throw util::UsageError(
      "the policies have no channel \"" + options.channel + "\"" + util::did_you_mean(options.channel, names),
      names.empty() ? "channels: in a policy defines some" : "there are: " + util::join(names, ", "));
}

int show_status(const Options& options) {
  const auto all = store::open_sqlite(options.store, store::Access::read_only)->notice_status();
  util::Json json = util::Json::array();
  for (const auto& one : all) {
    const util::Json problem = one.problem.empty() ? util::Json() : util::Json(one.problem);
    const util::Json at = one.problem_at ? util::Json(util::to_rfc3339(*one.problem_at)) : util::Json();
    json.push_back({{"channel", one.channel},
                    {"delivered", one.delivered},
                    {"waiting", one.waiting},
                    {"given_up", one.given_up},
                    {"last_problem", problem},
                    {"last_problem_at", at}});
    if (options.as_json) continue;
    std::cout << util::visible(one.channel) << ": " << one.delivered << " delivered, " << one.waiting
              << " waiting, " << one.given_up << " given up\n";
    if (one.problem_at)
      std::cout << "  last problem, " << util::to_rfc3339(*one.problem_at) << ": "
                << util::visible(one.problem) << "\n";
  }
  if (options.as_json) std::cout << util::pretty_json(json) << "\n";
  if (!options.as_json && all.empty()) std::cout << "nobody was told of anything within a week\n";
  return EXIT_SUCCESS;
}

int run(int argc, char** argv) {
  const auto options = read_options(argc, argv);
  if (!options) return EXIT_SUCCESS;
  if (options->serve) return serve(*options);
  return options->test ? test(*options) : show_status(*options);
}

}  // namespace

int main(int argc, char** argv) {
  util::reserve_standard_descriptors();
  const bool as_server = argc > 0 && std::string_view(argv[0]) == kServer;
  return cli::guarded(as_server ? kServer : kProgram, [&] { return run(argc, argv); });
}
