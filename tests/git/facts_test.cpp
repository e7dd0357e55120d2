#include "git/facts.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "git/redact_url.hpp"
#include "git/repository.hpp"
#include "util/error.hpp"

namespace jit {

using util::Json;

TEST_CASE("a plain repository") {
  const test::Repositories box;
  const std::string root = box.make("r");
  box.run("cd r && git remote add origin https://bob:hunter2@example.org/x.git && mkdir -p a/b");
  const Json git = git::facts(root + "/a/b");
  CHECK(git["root"] == root);
  CHECK(git["branch"] == "main");
  CHECK(git["commit"].get<std::string>().size() == 40);
  CHECK(git["tag"].is_null());
  CHECK(git["dirty"] == false);
  CHECK(git["subject"] == "first commit");
  CHECK(git["author"] == "N <n@example.org>");
  CHECK(git["remote"] == "https://bob:[redacted]@example.org/x.git");
  CHECK_FALSE(git.contains("raw"));
}

TEST_CASE("outside of a work tree there is nothing to tell") {
  const test::Repositories box;
  const std::string root = box.make("r");
  box.run("git init --bare bare && mkdir plain");
  CHECK(git::facts(box.path() + "/plain").is_null());
  CHECK(git::facts(box.path() + "/bare").is_null());
  CHECK(git::facts(root + "/.git").is_null());
  CHECK(git::facts(root + "/.git/objects").is_null());
  // core.worktree of somewhere else: the directory itself is in no work tree.
  box.run("cd r && git config core.worktree /usr");
  CHECK(git::facts(root).is_null());
}

TEST_CASE("which changes a dirty tree has is told apart") {
  const test::Repositories box;
  const std::string root = box.make("r");
  CHECK(git::facts(root)["changes"].is_null());
  box.run("cd r && echo two > f");
  const auto first = git::facts(root)["changes"];
  REQUIRE(first.is_string());
  CHECK(first.get<std::string>().starts_with("1 file, sha256 "));
  CHECK(git::facts(root)["changes"] == first);
  box.run("cd r && echo three > f");
  CHECK(git::facts(root)["changes"] != first);
  box.run("cd r && git add f && echo four > f");
  const auto staged = git::facts(root)["changes"];
  CHECK(staged.get<std::string>().starts_with("1 file, sha256 "));
  box.run("cd r && echo five > f");
  CHECK(git::facts(root)["changes"] != staged);
}

TEST_CASE("dirty means tracked files that differ, as for git describe") {
  const test::Repositories box;
  const std::string root = box.make("r");
  const auto dirty = [&] { return git::facts(root)["dirty"]; };
  box.run("cd r && touch untracked");
  CHECK(dirty() == false);
  SECTION("changed") {
    box.run("cd r && echo two > f");
    CHECK(dirty() == true);
  }
  SECTION("staged") {
    box.run("cd r && echo two > f && git add f");
    CHECK(dirty() == true);
  }
  SECTION("staged, then put back") {
    box.run("cd r && echo two > f && git add f && echo one > f");
    CHECK(dirty() == true);
  }
  SECTION("added") {
    box.run("cd r && git add untracked");
    CHECK(dirty() == true);
  }
  SECTION("removed") {
    box.run("cd r && rm f");
    CHECK(dirty() == true);
  }
  SECTION("mode") {
    box.run("cd r && chmod +x f");
    CHECK(dirty() == true);
  }
  SECTION("a link in its place") {
    box.run("cd r && rm f && ln -s untracked f");
    CHECK(dirty() == true);
  }
  SECTION("a FIFO in its place") {
    box.run("cd r && rm f && mkfifo f");
    CHECK(dirty() == true);
  }
  SECTION("assumed unchanged") {
    box.run("cd r && git update-index --assume-unchanged f && echo two > f");
    CHECK(dirty() == true);
  }
  SECTION("skipped, and there") {
    box.run("cd r && git update-index --skip-worktree f && echo two > f");
    CHECK(dirty() == true);
  }
  SECTION("skipped, and not there") {
    box.run("cd r && git update-index --skip-worktree f && rm f");
    CHECK(dirty() == false);
  }
  SECTION("touched only") {
    box.run("cd r && touch -d tomorrow f");
    CHECK(dirty() == false);
  }
  SECTION("an index that is no index") {
    box.run("cd r && echo x > .git/index");
    CHECK(dirty().is_null());
  }
}

TEST_CASE("detached, unborn and tagged") {
  const test::Repositories box;
  const std::string root = box.make("r");
  SECTION("detached") {
    box.run("cd r && git checkout --detach");
    CHECK(git::facts(root)["branch"].is_null());
    CHECK(git::facts(root)["commit"].is_string());
  }
  SECTION("unborn") {
    box.run("git init empty && echo x > empty/f");
    const Json git = git::facts(box.path() + "/empty");
    CHECK(git["root"] == box.path() + "/empty");
    CHECK(git["branch"].is_null());
    CHECK(git["commit"].is_null());
    CHECK(git["dirty"] == false);
  }
  SECTION("the last tag by name, annotated or not, packed or not") {
    box.run("cd r && git tag v1 && git tag -a v2 -m x && git tag a");
    CHECK(git::facts(root)["tag"] == "v2");
    box.run("cd r && git pack-refs --all && git gc");
    CHECK(git::facts(root)["tag"] == "v2");
    CHECK(git::facts(root)["branch"] == "main");
    box.run("cd r && git commit --allow-empty -m next");
    CHECK(git::facts(root)["tag"].is_null());
  }
  SECTION("a branch with slashes, and its own remote") {
    box.run(
        "cd r && git checkout -b feature/x && git remote add origin /o && git remote add up git@host:p && "
        "git config branch.feature/x.remote up && git config branch.feature/x.merge refs/heads/feature/x");
    CHECK(git::facts(root)["branch"] == "feature/x");
    CHECK(git::facts(root)["remote"] == "git@host:p");
  }
}

TEST_CASE("worktrees, submodules and shallow clones") {
  const test::Repositories box;
  const std::string root = box.make("r");
  SECTION("worktree") {
    box.run("cd r && git worktree add ../w -b other");
    const Json git = git::facts(box.path() + "/w");
    CHECK(git["root"] == box.path() + "/w");
    CHECK(git["branch"] == "other");
    CHECK(git["commit"] == git::facts(root)["commit"]);
  }
  SECTION("submodule") {
    box.make("inner");
    box.run("cd r && git submodule add ../inner sub && git commit -m 'with sub'");
    CHECK(git::facts(root + "/sub")["root"] == root + "/sub");
    CHECK(git::facts(root)["dirty"] == false);
    // Its content is its own affair, its commit is not.
    box.run("cd r/sub && echo two > f");
    CHECK(git::facts(root)["dirty"] == false);
    box.run("cd r/sub && git commit -am two");
    CHECK(git::facts(root)["dirty"] == true);
  }
  SECTION("shallow clone") {
    box.run(
        "cd r && git commit --allow-empty -m 'second commit' && cd .. && git clone --depth 1 file://$PWD/r "
        "s");
    const Json git = git::facts(box.path() + "/s");
    CHECK(git["subject"] == "second commit");
    CHECK(git["dirty"] == false);
    CHECK(git["remote"] == "file://" + box.path() + "/r");
  }
}

TEST_CASE("nothing that a repository configures is executed") {
  const test::Repositories box;
  const std::string root = box.make("r");
  const std::string marker = box.path() + "/executed";
  const std::string touch = "\"touch " + marker + "\"";
  test::put_file(root + "/.git/config",
                 "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tfsmonitor = " + touch +
                     "\n\tpager = " + touch + "\n\teditor = " + touch + "\n\tsshCommand = " + touch +
                     "\n\thooksPath = " + root + "/hooks\n" + "\taskPass = " + touch +
                     "\n[diff]\n\texternal = " + touch + "\n[diff \"x\"]\n\ttextconv = " + touch +
                     "\n\tcommand = " + touch + "\n[filter \"x\"]\n\tclean = " + touch + "\n\tsmudge = " +
                     touch + "\n\tprocess = " + touch + "\n\trequired = true\n[gpg]\n\tprogram = " + touch +
                     "\n[log]\n\tshowSignature = true\n[credential]\n\thelper = \"!touch " + marker +
                     "\"\n[alias]\n\tst = \"!touch " + marker +
                     "\"\n[remote \"origin\"]\n\turl = \"ext::touch " + marker + "\"\n");
  test::put_file(root + "/.gitattributes", "* filter=x diff=x\n");
  box.run("mkdir r/hooks && printf '#!/bin/sh\\ntouch " + marker +
          "\\n' > r/hooks/post-index-change && chmod +x r/hooks/*");
  test::put_file(root + "/f", "two\n");
  const Json git = git::facts(root);
  CHECK(git["dirty"] == true);
  CHECK(git["branch"] == "main");
  CHECK(::access(marker.c_str(), F_OK) != 0);
}

TEST_CASE("the environment does not steer it") {
  const test::Repositories box;
  const std::string root = box.make("r");
  const std::string other = box.make("other");
  const test::Variable directory("GIT_DIR", (other + "/.git").c_str());
  const test::Variable tree("GIT_WORK_TREE", other.c_str());
  const test::Variable count("GIT_CONFIG_COUNT", "1");
  const test::Variable key("GIT_CONFIG_KEY_0", "core.worktree");
  const test::Variable value("GIT_CONFIG_VALUE_0", other.c_str());
  CHECK(git::facts(root)["root"] == root);
}

TEST_CASE("names and texts of any bytes are kept") {
  const test::Repositories box;
  box.make("r");
  box.run(
      "mv r \"$(printf 'r\\377')\" && cd r* && git checkout -b \"$(printf 'b\\376')\" && "
      "git -c i18n.commitEncoding=latin1 commit --allow-empty -m \"$(printf 's\\375')\"");
  const Json git = git::facts(box.path() + "/r\xff");
  CHECK(git["root"] == box.path() + "/r\\xff");
  CHECK(git["branch"] == "b\\xfe");
  CHECK(git["subject"] == "s\\xfd");
  CHECK(git["raw"]["branch"] == "62fe");
  CHECK(git["raw"].contains("root"));
}

TEST_CASE("somebody else's repository is not read, unless the user trusts it") {
  if (::getuid() != 0) return;  // only root can give files away
  const test::Repositories box;
  const std::string root = box.make("r");
  box.run("chown -R 12345 r");
  CHECK_THROWS_WITH(git::facts(root), "the repository belongs to another user");
}

TEST_CASE("what is broken is an error or null, never a guess") {
  const test::Repositories box;
  const std::string root = box.make("r");
  SECTION("objects are gone") {
    box.run("rm -r r/.git/objects/??");
    const Json git = git::facts(root);
    CHECK(git["commit"].is_null());
    CHECK(git["subject"].is_null());
  }
  SECTION("HEAD is nonsense") {
    test::put_file(root + "/.git/HEAD", "nonsense\n");
    Json git;
    try {
      git = git::facts(root);
    } catch (const util::Error&) {
      return;
    }
    CHECK(git["commit"].is_null());
  }
  SECTION("config is nonsense") {
    test::put_file(root + "/.git/config", "[[[\n");
    CHECK_THROWS_AS(git::facts(root), util::Error);
  }
  SECTION(".git names a repository that is not there") {
    box.run("mkdir x");
    test::put_file(box.path() + "/x/.git", "gitdir: /nowhere\n");
    Json git;
    try {
      git = git::facts(box.path() + "/x");
    } catch (const util::Error&) {
    }
    CHECK(git.is_null());
  }
}

TEST_CASE("remotes are shown without what lets somebody in") {
  CHECK(git::redact_url("https://bob:pw@host/x") == "https://bob:[redacted]@host/x");
  CHECK(git::redact_url("https://token@host/x") == "https://[redacted]@host/x");
  CHECK(git::redact_url("https://bob:p/w@host/x") == "https://bob:[redacted]@host/x");
  CHECK(git::redact_url("https://host:8080/a@b") == "https://host:8080/a@b");
  CHECK(git::redact_url("ssh://git@host/x") == "ssh://git@host/x");
  CHECK(git::redact_url("git@host:x") == "git@host:x");
  CHECK(git::redact_url("https://host/x?token=a") == "https://host/x?[redacted]");
  CHECK(git::redact_url("") == "");
}

}  // namespace jit
