#pragma once
#include <string>
#include <vector>

#include "policy/compile.hpp"
#include "util/trusted_file.hpp"

namespace jit::policy {

/// A policy file, opened and trusted.
struct PolicyFile {
  std::string path;
  util::TrustedFile file;
};

/// The file, or the *.yaml and *.yml files of the directory by name. Throws yaml::LoadError for what is not
/// there, cannot be read or does not belong there, UsageError for what must not be trusted.
std::vector<PolicyFile> open_policy_files(const std::string& path);

/// Its text. `stable` becomes false when the file changed while it was read.
PolicyText read_policy_file(const PolicyFile& file, bool& stable);

}  // namespace jit::policy
