#include "context/file_hashes.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "context/sandbox.hpp"
#include "util/digest.hpp"

namespace jit {
namespace {

constexpr std::uint64_t kLimit = 1U << 20U;

void wait_until_settled() {
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
}

}  // namespace

TEST_CASE("a file's hash is that of its bytes, links are followed") {
  const test::Sandbox box;
  context::FileHashes hashes;
  test::put_file(box.path() + "/f", std::string(300'000, 'x') + "y");
  std::filesystem::create_symlink("f", box.path() + "/link");
  const auto hash = hashes.hash(box.path() + "/link", kLimit);
  CHECK(hash.sha256 == util::sha256(std::string(300'000, 'x') + "y"));
  CHECK(hash.size == 300'001);
  CHECK(hash.why.empty());
}

TEST_CASE("a last look tells what is no longer what was hashed") {
  const test::Sandbox box;
  context::FileHashes hashes;
  for (const char* name : {"/kept", "/edited", "/replaced", "/removed", "/new"}) {
    if (std::string(name) != "/new") test::put_file(box.path() + name, "x");
    (void)hashes.hash(box.path() + name, kLimit);
  }
  CHECK(hashes.changed().empty());
  test::put_file(box.path() + "/edited", "y");
  test::put_file(box.path() + "/other", "x");
  std::filesystem::rename(box.path() + "/other", box.path() + "/replaced");
  std::filesystem::remove(box.path() + "/removed");
  test::put_file(box.path() + "/new", "x");
  std::vector<std::string> changed;
  for (const char* name : {"/edited", "/new", "/removed", "/replaced"}) changed.push_back(box.path() + name);
  CHECK(hashes.changed() == changed);
}

TEST_CASE("what cannot be hashed says why, and nothing waits") {
  const test::Sandbox box;
  context::FileHashes hashes;
  CHECK_FALSE(hashes.hash(box.path() + "/missing", kLimit).exists);
  REQUIRE(::mkfifo((box.path() + "/fifo").c_str(), 0600) == 0);
  for (const std::string& path : {box.path() + "/fifo", box.path(), std::string("/dev/zero")}) {
    const auto hash = hashes.hash(path, kLimit);
    CHECK(hash.exists);
    CHECK_FALSE(hash.sha256);
    CHECK(hash.why == "not a regular file");
  }
  test::put_file(box.path() + "/big", std::string(kLimit + 1, 'x'));
  CHECK(hashes.hash(box.path() + "/big", kLimit).why == "larger than 1 MiB");
}

TEST_CASE("an unchanged file is read once, a changed one again") {
  const test::Sandbox box;
  context::FileHashes hashes;
  const std::string path = box.path() + "/f";
  test::put_file(path, "one");
  // Changed so shortly before it is read that its time stamps prove nothing: it is not remembered.
  (void)hashes.hash(path, kLimit);
  (void)hashes.hash(path, kLimit);
  CHECK(hashes.reads() == 2);
  wait_until_settled();
  (void)hashes.hash(path, kLimit);
  (void)hashes.hash(path, kLimit);
  CHECK(hashes.hash(path, kLimit).sha256 == util::sha256("one"));
  CHECK(hashes.reads() == 3);

  SECTION("overwritten in place, same size, old time stamp put back") {
    struct stat before {};
    REQUIRE(::stat(path.c_str(), &before) == 0);
    test::put_file(path, "two");
    const timespec times[2] = {before.st_atim, before.st_mtim};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
    CHECK(hashes.hash(path, kLimit).sha256 == util::sha256("two"));
  }
  SECTION("replaced by another file") {
    test::put_file(box.path() + "/new", "two");
    wait_until_settled();
    std::filesystem::rename(box.path() + "/new", path);
    CHECK(hashes.hash(path, kLimit).sha256 == util::sha256("two"));
  }
  SECTION("another mode is another identity") {
    REQUIRE(::chmod(path.c_str(), 0600) == 0);
    CHECK(hashes.hash(path, kLimit).sha256 == util::sha256("one"));
    CHECK(hashes.reads() == 4);
  }
}

TEST_CASE("a file system whose identities are not this kernel's own is read every time") {
  // /proc files are regular, and no local file system.
  context::FileHashes hashes;
  (void)hashes.hash("/proc/version", kLimit);
  const auto hash = hashes.hash("/proc/version", kLimit);
  CHECK(hash.sha256);
  CHECK(hashes.reads() == 2);
}

}  // namespace jit
