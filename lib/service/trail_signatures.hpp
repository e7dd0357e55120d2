#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "signature/ssh_keygen.hpp"
#include "util/json.hpp"

namespace jit::service {

/// Checks the signatures of approvals in a trail, entry by entry, each at the time of its entry: what a store
/// or server has taken, everybody who knows the reviewers' keys can verify. Where only signed approvals
/// count, as many must be there when the command starts as its rules want at least. That entries follow each
/// other as the life cycle has it, and that nobody approves their own, store::verify has found before.
class TrailSignatures {
 public:
  explicit TrailSignatures(signature::Authority authority) : m_authority(std::move(authority)) {}

  /// What is wrong with an entry after those before it; nullopt when it fits. Throws Error when that cannot
  /// be found out.
  std::optional<std::string> follow(const util::Json& entry);
  /// How many signatures were found valid.
  int valid() const { return m_valid; }

 private:
  struct Asked {
    std::string digest;
    bool only_signed = false;
    std::vector<std::string> rules{};     // see signature::Statement
    std::optional<std::int64_t> seats{};  // how many signers its rules want at least; nullopt: never enough
    std::vector<std::string> signers{};   // whose approvals stand
  };
  std::optional<std::string> follow(const util::Json& entry, Asked& asked);
  std::string why_not(const util::Json& entry, const Asked& asked);

  signature::Authority m_authority;
  std::map<std::string, Asked> m_asked;  // by request
  int m_valid = 0;
};

}  // namespace jit::service
