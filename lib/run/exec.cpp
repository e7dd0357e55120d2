#include "run/exec.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <string_view>

#include "util/spawn.hpp"

namespace jit::run {
namespace {

constexpr const char* kShell = "/bin/sh";

std::string working_directory() {
  std::array<char, PATH_MAX> path{};
  return ::getcwd(path.data(), path.size()) != nullptr ? path.data() : "";
}

// The parts of a path; "." and empty ones mean nothing. ".." stays: what it means depends on symbolic links.
std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    if (!part.empty() && part != ".") parts.push_back(part);
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

bool names_same_place(const std::string& path, const std::string& spelling, const std::string& cwd) {
  if (spelling.starts_with('/')) return parts_of(spelling) == parts_of(path);
  return cwd.starts_with('/') && parts_of(cwd + "/" + spelling) == parts_of(path);
}

}  // namespace

std::string spelling_of(const std::string& path, const std::string& name, const char* path_variable,
                        const std::string& cwd) {
  if (name.find('/') != std::string::npos) return names_same_place(path, name, cwd) ? name : path;
  std::string_view rest = path_variable != nullptr ? path_variable : "/bin:/usr/bin";
  while (true) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    std::string spelling(rest.substr(0, end));
    if (!spelling.empty()) spelling += '/';
    spelling += name;
    if (names_same_place(path, spelling, cwd)) return spelling;
    if (end == rest.size()) return path;
    rest.remove_prefix(end + 1);
  }
}

int exec(const approval::Permit& /*permit*/, const std::string& path, const std::vector<std::string>& argv) {
  if (argv.empty()) return EINVAL;
  const char* path_variable = ::getenv("PATH");  // NOLINT(concurrency-mt-unsafe)
  const std::string spelling = spelling_of(path, argv.front(), path_variable, working_directory());
  ::execve(spelling.c_str(), util::pointers_to(argv).data(), environ);
  if (errno != ENOEXEC) return errno;

  std::vector<std::string> shell_argv{kShell, spelling};
  shell_argv.insert(shell_argv.end(), argv.begin() + 1, argv.end());
  ::execve(kShell, util::pointers_to(shell_argv).data(), environ);
  return errno;
}

int exit_code_of(int error) {
  return error == ENOENT ? 127 : 126;
}

}  // namespace jit::run
