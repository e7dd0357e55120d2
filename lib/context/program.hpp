#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jit::context {

/// Where a program is, as execvp (POSIX.1-2017) would find it.
struct Program {
  std::string path;  // absolute; empty when it cannot be run
  int error = 0;     // errno: ENOENT is exit code 127, all others are 126
};

/// `path_variable` is PATH's value, nullopt when it is unset (then "/bin:/usr/bin"); an empty element is the
/// working directory `cwd`. Names with a slash are taken as they are, relative to `cwd`.
Program find_program(std::string_view name, const std::optional<std::string>& path_variable,
                     const std::string& cwd);

/// A name with a slash that is looked for from the working directory, and not along PATH.
inline bool is_relative_path(std::string_view name) {
  return !name.starts_with('/') && name.find('/') != std::string_view::npos;
}

/// The names that a path has on the way through its symbolic links, the last at their end: "awk" and "mawk"
/// for a link to /usr/bin/awk of Debian. Never its own alone: empty when it is no link, or that cannot be
/// told.
std::vector<std::string> link_names(const std::string& path);

/// The name at their end: "busybox" for /bin/ls of some systems, its own for what is no link; empty when it
/// cannot be told.
std::string resolved_name(const std::string& path);

}  // namespace jit::context
