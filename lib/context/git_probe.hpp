#pragma once
#include <memory>
#include <string>

#include "util/json.hpp"
#include "util/subprocess.hpp"

namespace jit::context {

/// Asks the helper program jit-context-git what it finds in a directory. The helper stays, so that the second
/// question is answered at once; one that does not answer within its second is killed.
class GitProbe {
 public:
  /// `program`: the helper; empty for the installed one.
  explicit GitProbe(std::string program = {}) : m_program(std::move(program)) {}
  /// Section "git" (with "raw" inside, as the helper gives it): null only when `directory` is certainly in no
  /// work tree. What could not be told is null in all its values, and "why" says so;
  /// with "late" where it might have been told with more time.
  util::Json facts(const std::string& directory);

 private:
  std::string m_program;
  std::unique_ptr<util::Helper> m_helper;
};

/// What the directories from here up to the root hold. Without a `.git` there is no work tree, and no helper
/// is started. With something like a git directory nearer than it, git and other readers may disagree about
/// which one counts.
enum class Surroundings { ambiguous, no_work_tree, maybe_work_tree };
Surroundings look_for_git(const std::string& directory);

}  // namespace jit::context
