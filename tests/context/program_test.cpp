#include "context/program.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "context/sandbox.hpp"

namespace jit {
namespace {

using context::find_program;

// What execvp itself runs: every program of this test prints its own name. "error N" when nothing ran.
std::string execvp_runs(const std::string& name, const std::optional<std::string>& path,
                        const std::string& cwd) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], 1);
    if (::chdir(cwd.c_str()) != 0) ::_exit(99);
    path ? ::setenv("PATH", path->c_str(), 1) : ::unsetenv("PATH");
    char* argv[] = {const_cast<char*>(name.c_str()), nullptr};
    ::execvp(name.c_str(), argv);
    const std::string text = "error " + std::to_string(errno);
    (void)!::write(1, text.data(), text.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  char buffer[256];
  for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(n));
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

void put_program(const std::string& path, mode_t mode = 0755) {
  test::put_file(path, "#!/bin/sh\n/usr/bin/readlink -f \"$0\"\n");
  REQUIRE(::chmod(path.c_str(), mode) == 0);
}

}  // namespace

TEST_CASE("programs are found where execvp finds them") {
  const test::Sandbox box;
  const std::string root = box.path();
  for (const char* directory : {"a", "b", "b/adir", "plain"})
    std::filesystem::create_directories(root + "/" + directory);
  put_program(root + "/a/only-a");
  put_program(root + "/b/only-b");
  put_program(root + "/a/both");
  put_program(root + "/b/both");
  put_program(root + "/a/blocked", 0644);
  put_program(root + "/b/blocked");
  put_program(root + "/a/forbidden", 0644);
  std::filesystem::create_directories(root + "/a/adir");
  put_program(root + "/b/adir/x");
  put_program(root + "/here");
  std::filesystem::create_symlink(root + "/b/only-b", root + "/a/a-link");
  std::filesystem::create_symlink("nowhere", root + "/a/dangling");
  std::filesystem::create_symlink("loop", root + "/a/loop");
  put_program(root + "/b/loop");

  const std::vector<std::optional<std::string>> paths = {root + "/a:" + root + "/b",
                                                         root + "/b:" + root + "/a",
                                                         root + "/missing:" + root + "/b",
                                                         "a:b",
                                                         ":b",
                                                         "b:",
                                                         "b::a",
                                                         "",
                                                         root + "/a/only-a:" + root + "/b",
                                                         std::nullopt,
                                                         root + "/a/:" + root + "/b//",
                                                         "./a:../" + root.substr(1)};
  for (const auto& path : paths) {
    for (const std::string name :
         {"only-a", "only-b", "both", "blocked", "forbidden", "adir", "here", "a-link", "dangling", "loop",
          "missing", "./here", "a/both", "./a/forbidden", "a/missing", "a/only-a/x", "", "a/adir", "here/"}) {
      INFO(path.value_or("(unset)") << " | " << name);
      const auto program = find_program(name, path, root);
      const std::string real = execvp_runs(name, path, root);
      if (real.starts_with("error ")) {
        CHECK(program.path.empty());
        CHECK("error " + std::to_string(program.error) == real);
      } else {
        CHECK(program.error == 0);
        CHECK(std::filesystem::canonical(program.path) == real);
      }
    }
  }
}

TEST_CASE("what is found is an absolute path, as it was written otherwise") {
  const test::Sandbox box;
  put_program(box.path() + "/x");
  CHECK(find_program("./x", std::nullopt, box.path()).path == box.path() + "/x");
  CHECK(find_program("x", ".", box.path()).path == box.path() + "/x");
  CHECK(find_program("x", "", box.path()).path == box.path() + "/x");
  CHECK(find_program("ls", std::nullopt, "/").path == "/bin/ls");
  CHECK(find_program(std::string(300, 'x'), "/bin", "/").error == ENAMETOOLONG);
}

}  // namespace jit
