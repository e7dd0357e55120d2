#include "util/trusted_file.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "util/error.hpp"

namespace fs = std::filesystem;
using jit::util::open_trusted;
using jit::util::open_trusted_directory;
using jit::util::read_trusted;

namespace {

constexpr uid_t kStranger = 4711;
constexpr uid_t kUser = 4712;

// A fresh directory in /tmp, which is sticky; gone at the end.
struct Place {
  fs::path path;
  Place() {
    std::string name = "/tmp/trusted.XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
    REQUIRE(::chmod(path.c_str(), 0755) == 0);
  }
  ~Place() { fs::remove_all(path); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  std::string file(const std::string& name, mode_t mode = 0644) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name) << "text of " << name;
    REQUIRE(::chmod((path / name).c_str(), mode) == 0);
    return path / name;
  }
};

void give_to(const std::string& path, uid_t owner) {
  REQUIRE(::lchown(path.c_str(), owner, owner) == 0);
}

bool is_root() {
  return ::geteuid() == 0;
}

// Why the file is not trusted; "trusted" when it is, "absent" when there is none.
std::string judge(const std::string& path) {
  try {
    return open_trusted(path) ? "trusted" : "absent";
  } catch (const jit::util::Error& error) {
    return error.what();
  }
}

// The same in a process of another user.
std::string judge_as(uid_t user, const std::string& path) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const bool is_user = ::setegid(user) == 0 && ::seteuid(user) == 0;
    const std::string text = is_user ? judge(path) : "cannot become another user";
    const ssize_t written = ::write(ends[1], text.data(), text.size());
    ::_exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text(4096, '\0');
  const ssize_t n = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  return text;
}

bool says(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a file of one's own is read") {
  const Place place;
  REQUIRE(read_trusted(place.file("a/b"), 100) == "text of a/b");
  REQUIRE(open_trusted_directory(place.path));
}

TEST_CASE("a file that is not there is absent, and what is in its place is refused") {
  const Place place;
  REQUIRE(judge(place.path / "none") == "absent");
  REQUIRE(judge(place.path / "none/below") == "absent");
  REQUIRE(judge("/dev/null/config.yaml") == "absent");
  REQUIRE(says(judge(place.path), "not a regular file"));
  REQUIRE(says(judge("/dev/zero"), "not a regular file"));
  const std::string fifo = place.path / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  REQUIRE(says(judge(fifo), "not a regular file"));
  REQUIRE_THROWS_AS(open_trusted_directory(place.file("file")), jit::util::SystemError);
}

TEST_CASE("a file longer than its limit is refused") {
  const Place place;
  REQUIRE_THROWS_AS(read_trusted(place.file("long"), 3), jit::util::UsageError);
}

TEST_CASE("what others may write is refused") {
  const Place place;
  REQUIRE(says(judge(place.file("group", 0664)), "others may write it"));
  REQUIRE(says(judge(place.file("world", 0646)), "others may write it"));
  const std::string below = place.file("open/file");
  REQUIRE(judge(below) == "trusted");
  REQUIRE(::chmod((place.path / "open").c_str(), 0777) == 0);
  REQUIRE(says(judge(below), "others may change it"));
  REQUIRE(::chmod((place.path / "open").c_str(), 01777) == 0);
  REQUIRE(judge(below) == "trusted");
}

TEST_CASE("symbolic links are followed, and each directory on their way counts") {
  const Place place;
  const std::string target = place.file("safe/target");
  const std::string link = place.path / "links/link";
  fs::create_directory(place.path / "links");
  fs::create_symlink("../safe/./target", link);
  REQUIRE(judge(link) == "trusted");

  SECTION("the link's own directory is open to others") {
    REQUIRE(::chmod((place.path / "links").c_str(), 0777) == 0);
    REQUIRE(says(judge(link), "others may change it"));
  }
  SECTION("the target's directory is open to others") {
    REQUIRE(::chmod((place.path / "safe").c_str(), 0777) == 0);
    REQUIRE(says(judge(link), "others may change it"));
  }
  SECTION("a link in between stands in a directory that is open to others") {
    fs::create_directory(place.path / "between");
    fs::create_symlink(target, place.path / "between/hop");
    const std::string first = place.path / "links/first";
    fs::create_symlink(place.path / "between/hop", first);
    REQUIRE(judge(first) == "trusted");
    REQUIRE(::chmod((place.path / "between").c_str(), 0777) == 0);
    REQUIRE(says(judge(first), "others may change it"));
  }
  SECTION("a directory of the path is a link") {
    fs::create_directory_symlink(place.path / "safe", place.path / "links/directory");
    REQUIRE(judge(place.path / "links/directory/target") == "trusted");
    REQUIRE(judge(place.path / "links/directory/../safe/target") == "trusted");
  }
  SECTION("it leads nowhere, or in circles") {
    fs::create_symlink("nowhere", place.path / "links/dangling");
    REQUIRE(judge(place.path / "links/dangling") == "absent");
    fs::create_symlink("circle", place.path / "links/circle");
    REQUIRE(says(judge(place.path / "links/circle"), "Too many levels"));
  }
}

TEST_CASE("relative paths are judged from the root on") {
  const Place place;
  place.file("work/file");
  const fs::path before = fs::current_path();
  fs::current_path(place.path / "work");
  REQUIRE(judge("file") == "trusted");
  REQUIRE(judge("../work/file") == "trusted");
  REQUIRE(::chmod(place.path.c_str(), 0777) == 0);
  REQUIRE(says(judge("file"), "others may change it"));
  fs::current_path(before);
}

TEST_CASE("what belongs to somebody else is refused") {
  if (!is_root()) return;  // Only root can give files away.
  const Place place;
  const std::string file = place.file("directory/file");
  const std::string link = place.path / "directory/link";
  fs::create_symlink("file", link);
  REQUIRE(judge_as(kUser, link) == "trusted");  // root's files are fine

  SECTION("the file") {
    give_to(file, kStranger);
    REQUIRE(says(judge(file), "owned by uid 4711"));
    REQUIRE(says(judge_as(kUser, file), "owned by uid 4711"));
    REQUIRE(judge_as(kStranger, file) == "trusted");
  }
  SECTION("its directory") {
    give_to(place.path / "directory", kStranger);
    REQUIRE(says(judge(file), "others may change it"));
    REQUIRE(says(judge_as(kUser, file), "others may change it"));
  }
  SECTION("the link to it") {
    give_to(link, kStranger);
    REQUIRE(says(judge(link), "a symbolic link of uid 4711"));
    REQUIRE(says(judge_as(kUser, link), "a symbolic link of uid 4711"));
  }
  SECTION("what is the user's own is not root's") {
    give_to(file, kUser);
    REQUIRE(judge_as(kUser, file) == "trusted");
    REQUIRE(says(judge(file), "owned by uid 4712"));
  }
}
