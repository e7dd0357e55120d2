#include "policy/policy_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "util/error.hpp"
#include "yaml/document.hpp"

namespace jit::policy {
namespace {

constexpr std::size_t kLargestFile = 4U << 20U;

[[noreturn]] void refuse(const std::string& path, const std::string& text) {
  constexpr yaml::Mark kWhole{0, 0};
  throw yaml::LoadError({{path, kWhole, text}});
}

bool is_policy_name(std::string_view name) {
  return name.ends_with(".yaml") || name.ends_with(".yml");
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

// The names of the policies in a directory, sorted.
std::vector<std::string> list(util::TrustedFile directory, const std::string& path) {
  std::unique_ptr<DIR, CloseDirectory> stream(::fdopendir(directory.fd.get()));
  if (!stream) throw util::SystemError(errno, path);
  const int fd = directory.fd.release();  // The stream closes it.
  std::vector<std::string> names;
  errno = 0;
  while (const struct dirent* entry = ::readdir(stream.get())) {
    const std::string name = static_cast<const char*>(entry->d_name);
    if (name.starts_with('.')) continue;
    struct stat status {};
    const bool is_directory = ::fstatat(fd, name.c_str(), &status, 0) == 0 && S_ISDIR(status.st_mode);
    if (is_directory) refuse(path + "/" + name, "a directory among policies: they are not read from below");
    if (is_policy_name(name)) names.push_back(name);
    errno = 0;
  }
  if (errno != 0) throw util::SystemError(errno, path);
  std::sort(names.begin(), names.end());
  return names;
}

template <typename Open>
auto open_or_refuse(const std::string& path, Open open) {
  try {
    auto opened = open(path);
    if (!opened) refuse(path, "no such file or directory");
    return std::move(*opened);
  } catch (const util::SystemError& error) {
    refuse(path, std::string("cannot be read: ") + std::strerror(error.error_number()));
  }
}

PolicyFile open_file(const std::string& path) {
  return {path, open_or_refuse(path, util::open_trusted)};
}

}  // namespace

std::vector<PolicyFile> open_policy_files(const std::string& path) {
  struct stat status {};
  std::vector<PolicyFile> files;
  // Only to tell which of the two to open: what is opened is checked by its descriptor.
  if (::stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    files.push_back(open_file(path));
    return files;
  }
  for (const auto& name : list(open_or_refuse(path, util::open_trusted_directory), path)) {
    files.push_back(open_file(path + (path.ends_with('/') ? "" : "/") + name));
  }
  if (files.empty()) refuse(path, "a directory without any policy (*.yaml or *.yml)");
  return files;
}

PolicyText read_policy_file(const PolicyFile& file, bool& stable) {
  const int fd = file.file.fd.get();
  const auto text = util::read_all(fd, kLargestFile, file.path);
  if (!text) refuse(file.path, "longer than " + std::to_string(kLargestFile) + " bytes");
  struct stat after {};
  if (::fstat(fd, &after) != 0) throw util::SystemError(errno, file.path);
  const auto identity = util::identity_of(file.file.status);
  stable = stable && identity == util::identity_of(after);
  return {file.path, *text, identity};
}

}  // namespace jit::policy
