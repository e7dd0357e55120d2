#include "context/git_probe.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "context/machine.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::context {
namespace {

using util::Json;

constexpr util::Millis kTimeout{1000};
constexpr std::size_t kMaxAnswer = 1U << 20U;

Json unknown(const std::string& why) {
  Json git = {{"why", why}};
  for (const char* name :
       {"root", "remote", "branch", "commit", "tag", "dirty", "changes", "subject", "author"})
    git[name] = nullptr;
  return git;
}

// What may be told the next time, so that two of these are not the same.
Json unknown_now(const std::string& why) {
  Json git = unknown(why);
  git["late"] = true;
  return git;
}

// Whether something is there; what cannot be looked at counts as being there.
bool is_there(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

bool looks_like_git_directory(const std::string& directory) {
  return is_there(directory + "/HEAD") && is_there(directory + "/objects") && is_there(directory + "/refs");
}

}  // namespace

Surroundings look_for_git(const std::string& directory) {
  bool inside_git_directory = false;
  std::string at = directory;
  while (true) {
    if (at == "/") at.clear();
    if (is_there(at + "/.git"))
      return inside_git_directory ? Surroundings::ambiguous : Surroundings::maybe_work_tree;
    inside_git_directory = inside_git_directory || looks_like_git_directory(at);
    if (at.empty()) return Surroundings::no_work_tree;
    at.resize(at.rfind('/'));
  }
}

Json GitProbe::facts(const std::string& directory) {
  if (directory.empty()) return unknown("the working directory has no path");
  switch (look_for_git(directory)) {
    case Surroundings::no_work_tree:
      return nullptr;
    case Surroundings::ambiguous:
      return unknown("inside a git directory or a bare repository, within a work tree");
    case Surroundings::maybe_work_tree:
      break;
  }
  try {
    if (!m_helper) {
      if (m_program.empty()) m_program = util::libexec_directory() + "/jit-context-git";
      // HOME decides which repositories of other people this user trusts (safe.directory): not the caller's
      // word.
      m_helper =
          std::make_unique<util::Helper>(m_program, std::vector<std::string>{m_program},
                                         std::vector<std::string>{"LC_ALL=C", "HOME=" + home_of_user()});
    }
    std::optional<std::string> line;
    if (m_helper->send(util::compact_json({{"directory", util::hex(directory)}}), kTimeout)) {
      line = m_helper->receive(kTimeout, kMaxAnswer);
    }
    if (!line) {
      m_helper.reset();
      return unknown_now("git did not answer within 1 s");
    }
    Json answer = util::parse_json(*line, "jit-context-git", kMaxAnswer);
    if (answer.is_object() && answer.contains("git") &&
        (answer["git"].is_object() || answer["git"].is_null())) {
      // There is a .git, so "no work tree" is not certain: it may be one that only libgit2 cannot read.
      return answer["git"].is_null() ? unknown("there is a .git here that is not a repository")
                                     : answer["git"];
    }
    const bool says_why = answer.is_object() && answer.contains("error") && answer["error"].is_string();
    return unknown(says_why ? answer["error"].get<std::string>() : "git gave no answer that makes sense");
  } catch (const util::Error& error) {
    m_helper.reset();
    return unknown_now(error.what());
  }
}

}  // namespace jit::context
