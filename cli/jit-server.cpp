// jit-server: one approval service for many machines, over HTTP. The same service as everywhere; this is its
// door.
#include <sys/stat.h>

#include <filesystem>
#include <iostream>

#include "cli/common/common.hpp"
#include "cli/server/commands.hpp"
#include "cli/server/options.hpp"
#include "server/network.hpp"
#include "server/recovery.hpp"
#include "store/backup.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/text.hpp"
#include "util/trusted_file.hpp"

namespace {

using namespace jit;
using namespace jit::cli::server;

// What tells that the files changed.
std::string stamp_of(const std::string& path) {
  std::error_code error;
  std::string stamp;
  const auto add = [&](const std::string& file) {
    struct stat status {};
    stamp += file + '\0';
    if (::stat(file.c_str(), &status) == 0) stamp += util::stamp_of(util::identity_of(status));
  };
  add(path);
  // Not a range for: that throws when reading on fails.
  std::filesystem::directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
    add(entry->path().string());
  return stamp;
}

int serve(const Options& options) {
  const std::string& policies = options.settings.policies;
  jit::server::serve(options.settings,
                     {[&] { return policy::Set::load(policies, {}); }, [&] { return stamp_of(policies); }});
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
