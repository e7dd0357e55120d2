// jit-approve: for who approves. Shows what waits, and decides.
#include <unistd.h>

#include "cli/approve/commands.hpp"
#include "cli/approve/options.hpp"
#include "cli/common/common.hpp"
#include "cli/common/notifier.hpp"
#include "store/place.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"

namespace {

using namespace jit;
using namespace jit::cli::approve;

int dispatch(const Desk& desk) {
  switch (desk.options.command) {
    case Command::inbox:
      return inbox(desk);
    case Command::list:
      return list(desk);
    case Command::show:
      return show(desk);
    case Command::approve:
      return approve(desk);
    case Command::deny:
      return deny(desk);
    case Command::acknowledge:
      return acknowledge(desk);
    case Command::dispute:
      return dispute(desk);
    case Command::revoke:
      return revoke(desk);
    case Command::withdraw:
      return withdraw(desk);
    case Command::watch:
      return watch(desk);
    case Command::grants:
      return grants(desk);
  }
  throw util::UsageError("unknown command", "jit-approve --help");
}

// Looking, and taking permission back, work where the policies do not load: nobody is in a group then.
bool needs_policies(Command command) {
  switch (command) {
    case Command::list:
    case Command::show:
    case Command::grants:
    case Command::revoke:
    case Command::withdraw:
      return false;
    case Command::inbox:
    case Command::approve:
    case Command::deny:
    case Command::acknowledge:
    case Command::dispute:
    case Command::watch:
      break;
  }
  return true;
}

policy::Set load_policies(const config::Settings& settings, Command command) {
  try {
    return cli::load_policies(settings);
  } catch (const util::UsageError& error) {
    if (needs_policies(command)) throw;
    cli::say("jit-approve", error.what());
    cli::say("jit-approve", "the policies do not load; going on without their groups");
    return policy::Set::none();
  }
}

int run(int argc, char** argv) {
  const auto options = parse(argc, argv);
  if (!options) return kDone;
  const bool on_terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  if (options->command == Command::inbox && !on_terminal) {
    throw util::UsageError("the inbox needs a terminal",
                           "say what to do: jit-approve list, show, approve, deny, acknowledge, dispute, "
                           "revoke, withdraw, grants or watch");
  }
  const auto settings = config::load(options->sources);
  for (const auto& notice : settings.notices) cli::say("jit-approve", notice);
  const auto policies = load_policies(settings, options->command);
  // A store that is not there is more likely a slip than a place where nothing waits.
  const std::string url = settings.find("backend").value_or("local");
  const auto directory = backend::local_directory(url, settings.state_directory);
  if (directory && url != "local") store::require_store(*directory);
  const auto path = cli::policies_path(settings);
  const auto tell = [&] {
    if (directory && path) cli::start_notifier(*directory, *path);
  };
  const auto backend =
      backend::open({.url = url,
                     .state_directory = settings.state_directory,
                     .policies = &policies,
                     .fallback = cli::fallback_of(settings),
                     .helper_path = settings.find("helper_path").value_or(""),
                     .settings = cli::helper_settings(settings),
                     .attention = {.interrupt = -1,
                                   .trouble = [](const std::string& text) { cli::say("jit-approve", text); }},
                     .told = tell});
  return dispatch(
      {*backend, *options, settings.find("color").value_or("auto"), settings.find("signing_key"), url});
}

}  // namespace

int main(int argc, char** argv) {
  util::reserve_standard_descriptors();
  return cli::guarded("jit-approve", [&] { return run(argc, argv); });
}
