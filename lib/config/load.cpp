// Apart from settings.cpp because the user database needs shared libraries: a static program must not reach
// this.
#include <pwd.h>
#include <unistd.h>

#include <array>

#include "config/settings.hpp"
#include "util/error.hpp"

namespace jit::config {
namespace {

std::string home_of_this_user() {
  struct passwd entry {};
  struct passwd* found = nullptr;
  std::array<char, 16384> buffer{};
  const int error = ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found);
  if (error != 0 || found == nullptr || found->pw_dir == nullptr || found->pw_dir[0] != '/') {
    throw util::UsageError(
        "cannot tell your home directory: HOME is not set, and the user database has none for uid " +
            std::to_string(::geteuid()),
        "set HOME to an absolute path");
  }
  return found->pw_dir;
}

}  // namespace

Settings load(const Sources& sources) {
  if (auto settings = load_without_names(sources)) return *settings;
  Sources known = sources;
  known.home = home_of_this_user();
  return *load_without_names(known);
}

}  // namespace jit::config
