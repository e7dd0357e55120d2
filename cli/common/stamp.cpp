#include "cli/common/stamp.hpp"

#include <sys/stat.h>

#include <filesystem>

#include "util/trusted_file.hpp"

namespace jit::cli {

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

}  // namespace jit::cli
