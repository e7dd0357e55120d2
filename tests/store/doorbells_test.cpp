#include "store/doorbells.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "store/sample.hpp"

using namespace jit;
using namespace jit::store;
using namespace jit::store::sample;
using approval::sample::person;

namespace {

bool woke(const Watch& watch) {
  pollfd poll{watch.fd(), POLLIN, 0};
  return ::poll(&poll, 1, 200) == 1;
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

}  // namespace

TEST_CASE("who watches a request wakes when it changes, in another connection, and not for others") {
  const test::Scratch scratch;
  const auto store = open_sqlite(scratch / "store");
  const auto other = open_sqlite(scratch / "store");
  const Request request = ask(*store);
  const Request another = ask(*store);
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

TEST_CASE("a doorbell goes with its request, and what was left behind is found later") {
  const test::Scratch scratch;
  std::string over;
  std::string waiting;
  {
    const auto store = open_sqlite(scratch / "store");
    const Request request = ask(*store);
    over = scratch / ("store/wake/" + request.id.text());
    waiting = scratch / ("store/wake/" + ask(*store).id.text());
    CHECK(exists(over));
    apply(*store, request.id, approval::Withdraw{person("alice")});
    CHECK_FALSE(exists(over));
  }
  std::ofstream(over) << "";  // somebody still watched it
  const std::string unknown = scratch / ("store/wake/" + RequestId::random().text());
  std::ofstream(unknown) << "";
  const std::string swept = scratch / "store/wake/.swept";
  open_sqlite(scratch / "store");
  CHECK(exists(over));
  const timespec long_ago[2] = {{1, 0}, {1, 0}};
  REQUIRE(::utimensat(AT_FDCWD, swept.c_str(), long_ago, 0) == 0);
  open_sqlite(scratch / "store");
  CHECK_FALSE(exists(over));
  CHECK_FALSE(exists(unknown));
  CHECK(exists(waiting));
}

TEST_CASE("without doorbells everything works, but silently") {
  const test::Scratch scratch;
  REQUIRE(::mkdir((scratch / "store").c_str(), 0700) == 0);
  std::ofstream(scratch / "store/wake") << "not a directory";
  const auto store = open_sqlite(scratch / "store");
  const Request request = ask(*store);
  const auto watch = store->watch(request.id);
  CHECK(watch->fd() == -1);
  watch->drain();
  CHECK(store->watch(std::nullopt)->fd() == -1);
  CHECK(apply(*store, request.id, approval::Approve{person("bob"), ""}));
}

TEST_CASE("a doorbell that is a symbolic link or a FIFO rings nobody and holds up nobody") {
  const test::Scratch scratch;
  const auto store = open_sqlite(scratch / "store");
  const Request request = ask(*store);
  const std::string bell = scratch / ("store/wake/" + request.id.text());
  REQUIRE(::unlink(bell.c_str()) == 0);
  REQUIRE(::symlink("/dev/null", bell.c_str()) == 0);
  CHECK(store->watch(request.id)->fd() == -1);
  REQUIRE(::unlink(bell.c_str()) == 0);
  REQUIRE(::mkfifo(bell.c_str(), 0600) == 0);
  CHECK(apply(*store, request.id, approval::Approve{person("bob"), ""}));
}
