#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/test_case.hpp"
#include "util/trusted_file.hpp"

namespace jit::policy {

/// The text of one policy file.
struct PolicyText {
  std::string name;  // its path, as problems show it
  std::string text;
  std::optional<util::FileIdentity> identity;  // which version of the file this is
};

/// Bytes, and what keeps them where they are.
struct Bytes {
  std::shared_ptr<const void> owner;
  std::string_view view;
};
Bytes owned(std::string text);

struct Compiled {
  Bytes bytes;
  std::vector<TestCase> tests;
};

/// Throws yaml::LoadError with every problem of every file. `complete`: no file is missing, so that a name
/// that none of these defines is a problem.
Compiled compile(const std::vector<PolicyText>& texts, bool complete = true);

}  // namespace jit::policy
