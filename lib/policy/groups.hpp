#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace jit::policy {

/// A member of this form is a group of the machine.
inline constexpr std::string_view kUnixPrefix = "unix:";

/// Who is in which group, resolved at one moment: group → people.
using Roster = std::map<std::string, std::set<std::string>>;

/// The groups of a policy set. Members are user names, or "unix:NAME" for a group of this machine.
class Groups {
 public:
  Groups() = default;
  explicit Groups(std::map<std::string, std::vector<std::string>> members) : m_members(std::move(members)) {}
  bool has(const std::string& group) const { return m_members.contains(group); }
  std::vector<std::string> names() const;
  /// Everybody who is in one of them now.
  std::set<std::string> people() const;
  /// Looks up all members of these groups now (primary members of machine groups included). An unknown group
  /// is empty; "anyone" is not resolved, it stands for everybody.
  Roster resolve(const std::set<std::string>& groups) const;

 private:
  std::map<std::string, std::vector<std::string>> m_members;
};

}  // namespace jit::policy
