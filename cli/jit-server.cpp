// jit-server: one approval service for many machines, over HTTP. The same service as everywhere; this is its
// door.
#include <iostream>

#include "cli/common/common.hpp"
#include "cli/common/stamp.hpp"
#include "cli/server/commands.hpp"
#include "cli/server/notifier.hpp"
#include "cli/server/options.hpp"
#include "server/network.hpp"
#include "server/recovery.hpp"
#include "store/backup.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/text.hpp"

namespace {

using namespace jit;
using namespace jit::cli::server;

std::vector<std::string> notifier_words(const Options& options) {
  std::vector<std::string> words{"jit-notify",
                                 "serve",
                                 "--stay",
                                 "--store",
                                 options.settings.store,
                                 "--policies",
                                 options.settings.policies};
  if (options.settings.slack.is_on()) words.emplace_back("--buttons");
  if (options.settings.log == jit::server::Log::Format::json) words.emplace_back("--json");
  return words;
}

// The program that knows the channels says it: what it needs for that this one does not load.
int notify(const Options& options, std::vector<std::string> words) {
  words.insert(words.begin() + 1,
               {"--store", options.settings.store, "--policies", options.settings.policies});
  if (options.json) words.insert(words.begin() + 1, "--json");
  become_notifier(std::move(words));
}

int serve(const Options& options) {
  const std::string& policies = options.settings.policies;
  Notifier notifier(notifier_words(options));
  const auto load = [&] {
    auto set = policy::Set::load(policies, {});
    notifier.want(!set.channels().empty());
    return set;
  };
  jit::server::serve(options.settings, {load, [&] { return cli::stamp_of(policies); },
                                        [&](const std::string& errand) { return notifier.send(errand); }});
  return EXIT_SUCCESS;
}

int back_up(const Options& options) {
  store::back_up(options.settings.store, absolute(options.file));
  std::cout << "ok: " << util::visible(absolute(options.file)) << "\n";
  return EXIT_SUCCESS;
}

int restore(const Options& options) {
  const auto ended =
      jit::server::restore(absolute(options.file), options.settings.store, this_user(), options.keep_tokens);
  std::cout << "ok: " << ended.requests << " requests that were open are withdrawn, " << ended.tokens
            << " tokens revoked: nobody knows what has happened since the copy was made\n";
  return EXIT_SUCCESS;
}

int dispatch(const Options& options) {
  switch (options.command) {
    case Command::serve:
      return serve(options);
    case Command::check:
      return check(options);
    case Command::backup:
      return back_up(options);
    case Command::restore:
      return restore(options);
    case Command::create_token:
      return create_token(options);
    case Command::list_tokens:
      return list_tokens(options);
    case Command::revoke_token:
      return revoke_token(options);
    case Command::notify_test:
      return notify(options, {"test", "--", options.channel});
    case Command::notify_status:
      return notify(options, {"status"});
  }
  throw util::UsageError("unknown command", "jit-server --help");
}

int run(int argc, char** argv) {
  const auto options = read_options(argc, argv);
  return options ? dispatch(*options) : EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  util::reserve_standard_descriptors();
  return cli::guarded("jit-server", [&] { return run(argc, argv); });
}
