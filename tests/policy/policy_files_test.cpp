#include "policy/policy_files.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "policy/support.hpp"

namespace fs = std::filesystem;
using namespace jit::policy;

namespace {

class Directory {
 public:
  Directory() {
    std::string name = fs::temp_directory_path() / "jit-files-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    m_path = name;
  }
  ~Directory() {
    std::error_code ignored;
    fs::remove_all(m_path, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  std::string path() const { return m_path; }
  std::string write(const std::string& name, const std::string& text = "version: 1\nenv: []\n") const {
    std::ofstream(m_path + "/" + name) << text;
    return m_path + "/" + name;
  }

 private:
  std::string m_path;
};

// The only problem of loading this; empty when it loads.
std::string problem_of(const std::string& path) {
  try {
    (void)Set::load(path, {});
    return {};
  } catch (const jit::yaml::LoadError& error) {
    REQUIRE(error.problems().size() == 1);
    return error.what();
  }
}

}  // namespace

TEST_CASE("a directory's policies are its *.yaml and *.yml files, by name") {
  const Directory directory;
  directory.write("b.yml");
  directory.write("a.yaml");
  directory.write("c.yaml~", "not a policy");
  directory.write("README.md", "not a policy");
  directory.write(".d.yaml", "not a policy");
  for (const std::string& path : {directory.path(), directory.path() + "/"}) {
    const auto files = open_policy_files(path);
    REQUIRE(files.size() == 2);
    REQUIRE(files[0].path == directory.path() + "/a.yaml");
    REQUIRE(files[1].path == directory.path() + "/b.yml");
  }
  REQUIRE(Set::load(directory.path(), {}).file_count() == 2);
}

TEST_CASE("one file is a set") {
  const Directory directory;
  REQUIRE(Set::load(directory.write("any.name"), {}).file_count() == 1);
}

TEST_CASE("what is no policy, or none that can be read, does not load") {
  const Directory directory;
  const std::string path = directory.path();
  SECTION("an empty directory") {
    REQUIRE(problem_of(path) == path + ": a directory without any policy (*.yaml or *.yml)");
    directory.write("README");
    REQUIRE_FALSE(problem_of(path).empty());
  }
  SECTION("a directory within") {
    directory.write("a.yaml");
    fs::create_directory(path + "/b");
    REQUIRE(problem_of(path) == path + "/b: a directory among policies: they are not read from below");
  }
  SECTION("an empty file") {
    directory.write("a.yaml", "");
    REQUIRE(problem_of(path).starts_with(path + "/a.yaml:1:1: "));
  }
  SECTION("nothing there") {
    REQUIRE(problem_of(path + "/none.yaml") == path + "/none.yaml: no such file or directory");
  }
  SECTION("a link to nowhere") {
    fs::create_symlink("/nonexistent", path + "/a.yaml");
    REQUIRE(problem_of(path) == path + "/a.yaml: no such file or directory");
  }
  SECTION("too long") {
    directory.write("a.yaml", std::string((4U << 20U) + 1, ' '));
    REQUIRE(problem_of(path) == path + "/a.yaml: longer than 4194304 bytes");
  }
  SECTION("not readable") {
    const std::string file = directory.write("a.yaml");
    REQUIRE(::chmod(file.c_str(), 0) == 0);
    REQUIRE(::chmod(path.c_str(), 0755) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      // Root reads everything.
      if (::geteuid() == 0 && (::setgid(12345) != 0 || ::setuid(12345) != 0)) ::_exit(2);
      ::_exit(problem_of(path) == path + "/a.yaml: cannot be read: Permission denied" ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(status == 0);
  }
}

TEST_CASE("files that must not be trusted are refused") {
  const Directory directory;
  const std::string file = directory.write("a.yaml");
  SECTION("writable by others") {
    REQUIRE(::chmod(file.c_str(), 0646) == 0);
  }
  SECTION("in a directory that others may write") {
    REQUIRE(::chmod(directory.path().c_str(), 0777) == 0);
  }
  SECTION("a FIFO") {
    fs::remove(file);
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  }
  SECTION("somebody else's") {
    if (::geteuid() != 0) return;
    REQUIRE(::chown(file.c_str(), 12345, 12345) == 0);
  }
  SECTION("a link to somebody else's") {
    if (::geteuid() != 0) return;
    const Directory other;
    REQUIRE(::chown(other.write("x").c_str(), 12345, 12345) == 0);
    fs::remove(file);
    fs::create_symlink(other.path() + "/x", file);
    REQUIRE_THROWS_AS(Set::load(directory.path(), {}), jit::util::UsageError);
  }
  REQUIRE_THROWS_AS(Set::load(directory.path(), {}), jit::util::UsageError);
  REQUIRE_THROWS_AS(Set::load_all({directory.path()}), jit::util::UsageError);
}

TEST_CASE("several paths make one set, and all of their problems are said") {
  const Directory directory;
  const std::string groups = directory.write("groups", "version: 1\ngroups: {sre: [a]}\n");
  const std::string rules = directory.write(
      "rules", "version: 1\nrules: [{name: r, match: {}, effect: ask, approval: {from: {sre: 1}}}]\n");
  REQUIRE(Set::load_all({rules, groups}).rule_count() == 1);
  const std::string bad = directory.write("bad", "version: 7\nenv: []\n");
  try {
    (void)Set::load_all({rules, directory.path() + "/none", bad});
    FAIL("it loads");
  } catch (const jit::yaml::LoadError& error) {
    REQUIRE(error.problems().size() == 2);
    REQUIRE(error.problems()[0].file == directory.path() + "/none");
    REQUIRE(error.problems()[1].file == bad);
  }
}
