#include "store/doorbells.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <iterator>
#include <memory>
#include <vector>

#include "store/sample.hpp"

using namespace jit;
using namespace jit::store;
using namespace jit::store::sample;
using approval::sample::person;

namespace {

bool woke(Watch& watch) {
  pollfd poll{watch.fd(), POLLIN, 0};
  return ::poll(&poll, 1, 200) == 1;
}

}  // namespace

TEST_CASE("who watches a request wakes when it changes, in another connection, and not for others") {
  const test::Scratch scratch;
  const auto store = open_sqlite(scratch / "store");
  const auto other = open_sqlite(scratch / "store");
  const Request request = ask(*store);
  Request another = ask(*store);
  while (another.id.text()[0] == request.id.text()[0]) another = ask(*store);  // these share a doorbell
  const auto watch = store->watch(request.id);
  REQUIRE(watch->fd() >= 0);
  CHECK_FALSE(woke(*watch));
  apply(*other, another.id, approval::Approve{person("bob"), ""});
  CHECK_FALSE(woke(*watch));
  apply(*other, request.id, approval::Approve{person("bob"), ""});
  CHECK(woke(*watch));
  watch->drain();
  CHECK_FALSE(woke(*watch));
  apply(*other, request.id, approval::Withdraw{person("alice")});
  CHECK(woke(*watch));
}

TEST_CASE("who watches them all wakes for new ones too") {
  const test::Scratch scratch;
  const auto store = open_sqlite(scratch / "store");
  const auto watch = store->watch(std::nullopt);
  const Request request = ask(*store);
  CHECK(woke(*watch));
  watch->drain();
  apply(*store, request.id, approval::Approve{person("bob"), ""});
  CHECK(woke(*watch));
}

TEST_CASE("what is refused, or goes wrong, wakes nobody") {
  const test::Scratch scratch;
  const auto store = open_sqlite(scratch / "store");
  const Request request = ask(*store);
  const auto watch = store->watch(request.id);
  CHECK_FALSE(apply(*store, request.id, approval::Approve{person("alice"), ""}));
  CHECK_FALSE(woke(*watch));
}

TEST_CASE("requests leave no files of their own behind") {
  const test::Scratch scratch;
  const auto store = open_sqlite(scratch / "store");
  for (int i = 0; i < 20; ++i) apply(*store, ask(*store).id, approval::Withdraw{person("alice")});
  const std::filesystem::directory_iterator files(scratch / "store");
  CHECK(std::distance(begin(files), end(files)) == 4);  // the database, its -wal and -shm, and wake
}

TEST_CASE("many who wait are all woken, and leave at once") {
  const test::Scratch scratch;
  const auto store = open_sqlite(scratch / "store");
  const auto other = open_sqlite(scratch / "store");
  const Request request = ask(*store);
  std::vector<std::unique_ptr<Watch>> watches;
  for (int i = 0; i < 20; ++i) watches.push_back(store->watch(request.id));
  apply(*other, request.id, approval::Approve{person("bob"), ""});
  for (const auto& watch : watches) CHECK(woke(*watch));
}

TEST_CASE("without doorbells everything works, but silently") {
  const test::Scratch scratch;
  REQUIRE(::mkdir((scratch / "store").c_str(), 0700) == 0);
  REQUIRE(::mkdir((scratch / "store/wake").c_str(), 0700) == 0);
  const auto store = open_sqlite(scratch / "store");
  const Request request = ask(*store);
  const auto watch = store->watch(request.id);
  CHECK(watch->fd() == -1);
  watch->drain();
  CHECK(store->watch(std::nullopt)->fd() == -1);
  CHECK(apply(*store, request.id, approval::Approve{person("bob"), ""}));
}

TEST_CASE("a doorbell file that is a symbolic link or a FIFO rings nobody and holds up nobody") {
  const test::Scratch scratch;
  ask(*open_sqlite(scratch / "store"));
  const std::string bell = scratch / "store/wake";
  REQUIRE(::unlink(bell.c_str()) == 0);
  REQUIRE(::symlink("/dev/zero", bell.c_str()) == 0);
  const auto linked = open_sqlite(scratch / "store");
  CHECK(linked->watch(std::nullopt)->fd() == -1);
  REQUIRE(::unlink(bell.c_str()) == 0);
  REQUIRE(::mkfifo(bell.c_str(), 0600) == 0);
  const auto store = open_sqlite(scratch / "store");
  const Request request = ask(*store);
  CHECK(store->watch(request.id)->fd() == -1);
  CHECK(apply(*store, request.id, approval::Approve{person("bob"), ""}));
}
