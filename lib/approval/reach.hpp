#pragma once
#include <map>
#include <string>
#include <vector>

#include "approval/request.hpp"
#include "policy/groups.hpp"

namespace jit::approval {

/// How far the approvals could come if everybody who may review did: what makes a rule that nobody can
/// satisfy visible before somebody waits for it.
struct Reach {
  struct Alternative {
    policy::Requirement::Seats seats, missing;               // missing: those that stay empty
    std::map<std::string, std::vector<std::string>> people;  // group → who of it may review
  };
  std::vector<Alternative> alternatives;
  /// Whether some alternative can be filled.
  bool is_possible = false;
};

/// For what `requester` asks. Seats of "anyone" are taken to be filled: others exist.
Reach reach(const policy::Requirement& requirement, const Actor& requester, const policy::Roster& roster);

}  // namespace jit::approval
