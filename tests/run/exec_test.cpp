#include "run/exec.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "policy/verdict.hpp"
#include "util/fd.hpp"

namespace fs = std::filesystem;
using jit::run::exec;
using jit::run::exit_code_of;
using jit::run::spelling_of;

namespace {

jit::approval::Permit permit() {
  jit::policy::Verdict verdict;
  verdict.effect = jit::policy::Effect::allow;
  return *jit::approval::Permit::from_verdict(verdict);
}

struct Result {
  std::string output;
  int status = 0;  // exit code, or 200 and the errno that exec came back with
};

Result run(const std::string& path, const std::vector<std::string>& argv) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], 1);
    ::close(ends[0]);
    ::close(ends[1]);
    ::_exit(200 + exec(permit(), path, argv));
  }
  ::close(ends[1]);
  Result result{jit::util::read_all(ends[0], 100000, "pipe").value(), 0};
  ::close(ends[0]);
  ::waitpid(child, &result.status, 0);
  result.status = WEXITSTATUS(result.status);
  return result;
}

std::string script(const std::string& text) {
  std::string name = "/tmp/exec_test.XXXXXX";
  const int fd = ::mkstemp(name.data());
  REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  REQUIRE(::fchmod(fd, 0755) == 0);
  ::close(fd);
  return name;
}

}  // namespace

TEST_CASE("exactly that file runs, with exactly these arguments") {
  const Result result =
      run("/bin/sh", {"a name", "-c", "printf '<%s>' \"$0\" \"$@\"", "zero", "", " b ", "c\nd", "\xff"});
  REQUIRE(result.output == "<zero><>< b ><c\nd><\xff>");
  REQUIRE(result.status == 0);
  REQUIRE(run("/bin/sh", {"any", "-c", "exit 7"}).status == 7);
}

TEST_CASE("argv[0] is as given, whatever the file is called") {
  REQUIRE(run("/bin/cat", {"another name", "--no-such-option"}).status == 1);
  REQUIRE(run("/bin/sh", {"-odd", "-c", "cat /proc/$$/cmdline"})
              .output.starts_with(std::string("-odd\0-c\0", 8)));
}

TEST_CASE("a file without a format is run by sh, with its own arguments") {
  const std::string path = script("printf '<%s>' \"$0\" \"$@\"; exit 3\n");
  const Result result = run(path, {"name that is lost, as with execvp", "a b", ""});
  REQUIRE(result.output == "<" + path + "><a b><>");
  REQUIRE(result.status == 3);
  fs::remove(path);
}

TEST_CASE("what cannot run comes back with its errno") {
  REQUIRE(run("/nonexistent", {"x"}).status == 200 + ENOENT);
  REQUIRE(run("/etc/passwd", {"x"}).status == 200 + EACCES);
  REQUIRE(run("/tmp", {"x"}).status == 200 + EACCES);
  REQUIRE(run("/bin/true", {}).status == 200 + EINVAL);
  REQUIRE(exit_code_of(ENOENT) == 127);
  REQUIRE(exit_code_of(EACCES) == 126);
  REQUIRE(exit_code_of(ENOTDIR) == 126);
}

TEST_CASE("a script sees the spelling that execvp would have used") {
  const char* path = "/usr/bin:/opt//tools/:.:sub:";
  REQUIRE(spelling_of("/usr/bin/ls", "ls", path, "/work") == "/usr/bin/ls");
  REQUIRE(spelling_of("/opt/tools/x", "x", path, "/work") == "/opt//tools//x");
  REQUIRE(spelling_of("/work/x", "x", path, "/work") == "./x");
  REQUIRE(spelling_of("/work/sub/x", "x", path, "/work") == "sub/x");
  REQUIRE(spelling_of("/work/x", "x", "/usr/bin:", "/work") == "x");
  REQUIRE(spelling_of("/bin/x", "x", nullptr, "/work") == "/bin/x");
  REQUIRE(spelling_of("/work/x", "./x", path, "/work") == "./x");
  REQUIRE(spelling_of("/work/../x", "../x", path, "/work") == "../x");
  REQUIRE(spelling_of("/a/x", "//a/./x", path, "/work") == "//a/./x");
}

TEST_CASE("a spelling that names another place is not used") {
  REQUIRE(spelling_of("/usr/bin/ls", "ls", "/planted:/elsewhere", "/work") == "/usr/bin/ls");
  REQUIRE(spelling_of("/usr/bin/ls", "./ls", "/usr/bin", "/work") == "/usr/bin/ls");
  REQUIRE(spelling_of("/work/x", "./x", "", "/moved") == "/work/x");
  REQUIRE(spelling_of("/work/x", "./x", "", "") == "/work/x");
  REQUIRE(spelling_of("/work/x", "x", "", "(unreachable)/work") == "/work/x");
}

TEST_CASE("what exec starts by a relative spelling is the file at the path") {
  const std::string path = script("#!/bin/sh\nprintf '%s' \"$0\"\n");
  const fs::path before = fs::current_path();
  fs::current_path("/tmp");
  const std::string relative = "./" + fs::path(path).filename().string();
  REQUIRE(run(path, {relative}).output == relative);
  fs::current_path("/");
  REQUIRE(run(path, {relative}).output == path);
  fs::current_path(before);
  fs::remove(path);
}
