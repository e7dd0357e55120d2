#include "context/program.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>

#include "context/command_line.hpp"

namespace jit::context {
namespace {

// Without the "." and empty components, which mean nothing. ".." stays: what it means depends on symbolic
// links.
std::string tidy(std::string_view path) {
  std::string result;
  std::size_t start = 0;
  while (start < path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view part = path.substr(start, end - start);
    if (!part.empty() && part != ".") result.append("/").append(part);
    start = end + 1;
  }
  return result.empty() ? "/" : result;
}

std::string absolute(std::string_view path, const std::string& cwd) {
  // A trailing slash stays: execve refuses "file/", and so must we.
  const std::string tail = path.size() > 1 && path.ends_with('/') ? "/" : "";
  return (path.starts_with('/') ? tidy(path) : tidy(cwd + "/" + std::string(path))) + tail;
}

// 0, or the errno that execve would give before it looks into the file.
int check_executable(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return EACCES;
  return ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

// As glibc's execvp: these mean "not here", any other failure ends the search.
bool goes_on_after(int error) {
  return error == EACCES || error == ENOENT || error == ENOTDIR || error == ESTALE || error == ENODEV ||
         error == ETIMEDOUT;
}

}  // namespace

Program find_program(std::string_view name, const std::optional<std::string>& path_variable,
                     const std::string& cwd) {
  if (name.empty()) return {{}, ENOENT};
  if (name.find('/') != std::string_view::npos) {
    std::string path = absolute(name, cwd);
    const int error = check_executable(path);
    return error == 0 ? Program{std::move(path), 0} : Program{{}, error};
  }
  if (name.size() > NAME_MAX) return {{}, ENAMETOOLONG};
  const std::string directories = path_variable.value_or("/bin:/usr/bin");
  int error = ENOENT;
  std::size_t start = 0;
  while (start <= directories.size()) {
    const std::size_t end = std::min(directories.find(':', start), directories.size());
    const std::string prefix = end == start ? "" : directories.substr(start, end - start) + "/";
    std::string path = absolute(prefix + std::string(name), cwd);
    const int problem = check_executable(path);
    if (problem == 0) return {std::move(path), 0};
    if (!goes_on_after(problem)) return {{}, problem};
    if (problem == EACCES) error = EACCES;
    start = end + 1;
  }
  return {{}, error};
}

std::vector<std::string> link_names(const std::string& path) {
  constexpr int kMostLinks = 40;  // the kernel's own limit (path_resolution(7))
  std::vector<std::string> names;
  std::string at = path;
  std::array<char, PATH_MAX> target{};
  for (int i = 0; i < kMostLinks; ++i) {
    const ssize_t n = ::readlink(at.c_str(), target.data(), target.size());
    if (n <= 0) break;
    const std::string_view next(target.data(), static_cast<std::size_t>(n));
    at = next.starts_with('/') ? std::string(next) : at.substr(0, at.rfind('/') + 1) + std::string(next);
    names.push_back(command_name({at}));
  }
  return names;
}

std::string resolved_name(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr), &std::free);
  return resolved ? command_name({resolved.get()}) : "";
}

}  // namespace jit::context
