#pragma once
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <string>

#include "context/sandbox.hpp"
#include "util/text.hpp"

namespace jit::test {

/// Real repositories, made with the real git.
class Repositories {
 public:
  Repositories() : m_home("HOME", m_box.path().c_str()) {
    put_file(m_box.path() + "/.gitconfig",
             "[user]\n\tname = N\n\temail = n@example.org\n[init]\n\tdefaultBranch = main\n[protocol "
             "\"file\"]\n\tallow = always\n");
  }
  const std::string& path() const { return m_box.path(); }

  /// Runs shell text in the sandbox.
  void run(const std::string& text) const {
    const std::string line = "cd " + util::shell_quote(path()) + " && { " + text + "; } >/dev/null 2>&1";
    INFO(text);
    REQUIRE(std::system(line.c_str()) == 0);
  }
  /// A repository `name` with one commit of the file "f".
  std::string make(const std::string& name) const {
    run("git init " + name + " && cd " + name +
        " && echo one > f && git add f && git commit -m 'first commit'");
    return path() + "/" + name;
  }

 private:
  Sandbox m_box;
  Variable m_home;
};

}  // namespace jit::test
