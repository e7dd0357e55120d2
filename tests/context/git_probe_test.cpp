#include "context/git_probe.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "git/repository.hpp"

namespace jit {
namespace {

using util::Json;

std::string helper() {
  return std::string(JIT_BINARY_DIR) + "/libexec/jit-run/jit-context-git";
}

void check_unknown(const Json& git) {
  REQUIRE(git.is_object());
  for (const char* name : {"root", "remote", "branch", "commit", "tag", "dirty", "subject", "author"})
    CHECK(git[name].is_null());
  CHECK_FALSE(git["why"].get<std::string>().empty());
}

}  // namespace

TEST_CASE("the helper answers again and again") {
  const test::Repositories box;
  const std::string root = box.make("r");
  context::GitProbe probe(helper());
  CHECK(probe.facts(root)["branch"] == "main");
  box.run("cd r && git checkout -b other");
  CHECK(probe.facts(root)["branch"] == "other");
  CHECK(probe.facts(box.path()).is_null());
  CHECK(probe.facts(root)["branch"] == "other");
}

TEST_CASE("where no .git is, no helper is started") {
  const test::Sandbox box;
  context::GitProbe probe("/nonexistent");
  CHECK(probe.facts(box.path()).is_null());
  CHECK(probe.facts("/").is_null());
}

TEST_CASE("hostile repositories neither hang it nor are believed") {
  const test::Repositories box;
  const std::string root = box.make("r");
  context::GitProbe probe(helper());
  const auto start = std::chrono::steady_clock::now();
  SECTION("a FIFO as HEAD") {
    box.run("rm r/.git/HEAD && mkfifo r/.git/HEAD");
    check_unknown(probe.facts(root));
  }
  SECTION("a FIFO as config") {
    box.run("rm r/.git/config && mkfifo r/.git/config");
    check_unknown(probe.facts(root));
  }
  SECTION("a FIFO as .git") {
    box.run("rm -r r/.git && mkfifo r/.git");
    const Json git = probe.facts(root);
    if (!git.is_null()) check_unknown(git);
  }
  SECTION("/dev/zero as HEAD") {
    box.run("ln -sf /dev/zero r/.git/HEAD");
    const Json git = probe.facts(root);
    if (git.is_object()) CHECK(git["commit"].is_null());
  }
  SECTION("/dev/zero as packed-refs and index") {
    box.run("ln -sf /dev/zero r/.git/packed-refs && ln -sf /dev/zero r/.git/index");
    CHECK(probe.facts(root).is_object());
  }
  SECTION("a huge index") {
    box.run("truncate -s 2G r/.git/index");
    const Json git = probe.facts(root);
    REQUIRE(git.is_object());
    CHECK(git["dirty"].is_null());
  }
  SECTION("a bare repository inside") {
    box.run("cd r && git init --bare sub/bare");
    check_unknown(probe.facts(root + "/sub/bare"));
    check_unknown(probe.facts(root + "/sub/bare/objects"));
    CHECK(probe.facts(root + "/sub")["branch"] == "main");
  }
  // It is still good for the next question.
  const std::string other = box.make("other");
  CHECK(probe.facts(other)["branch"] == "main");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
}

TEST_CASE("a helper that is missing, dies or talks nonsense leaves everything unknown") {
  const test::Repositories box;
  const std::string root = box.make("r");
  const auto with = [&](const std::string& script) {
    const std::string path = box.path() + "/helper";
    test::put_file(path, "#!/bin/sh\n" + script + "\n");
    REQUIRE(::chmod(path.c_str(), 0755) == 0);
    return context::GitProbe(path).facts(root);
  };
  check_unknown(context::GitProbe("/nonexistent").facts(root));
  check_unknown(with("exit 1"));
  check_unknown(with("read x; echo nonsense"));
  check_unknown(with("read x; echo '[]'"));
  check_unknown(with("read x; echo '{\"git\": 1}'"));
  check_unknown(with("read x; echo '{\"error\": \"no\"}'"));
  check_unknown(with("read x; sleep 5"));
  check_unknown(with("read x; yes | tr -d '\\n'"));
}

TEST_CASE("the caller's HOME does not say whose repositories are trusted") {
  if (::getuid() != 0) return;  // only root can give files away
  const test::Repositories box;
  const std::string root = box.make("r");
  box.run("chown -R 12345 r && git config --global --add safe.directory '*'");
  context::GitProbe probe(helper());
  check_unknown(probe.facts(root));
}

}  // namespace jit
