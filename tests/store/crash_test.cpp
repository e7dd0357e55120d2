#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "store/sample.hpp"
#include "store/verify.hpp"

using namespace jit;
using namespace jit::store;
using namespace jit::store::sample;
using namespace std::chrono_literals;
using approval::sample::person;

TEST_CASE("a writer that is killed at any point loses nothing it said was done, and invents nothing") {
  const test::Scratch scratch;
  ask(*open_sqlite(scratch / "store"));
  std::size_t promised = 1;
  for (int round = 0; round < 25; ++round) {
    int done[2];
    REQUIRE(::pipe(done) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(done[0]);
      try {
        const auto store = open_sqlite(scratch / "store");
        while (true) {
          const Request request = ask(*store);
          (void)!::write(done[1], "q", 1);
          if (apply(*store, request.id, approval::Approve{person("bob"), ""}))
            (void)!::write(done[1], "q", 1);
          if (apply(*store, request.id, approval::sample::claim(request))) (void)!::write(done[1], "q", 1);
        }
      } catch (const std::exception&) {
      }
      ::_exit(1);
    }
    ::close(done[1]);
    std::this_thread::sleep_for(std::chrono::milliseconds(7 * (round % 9) + round));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    char byte = 0;
    while (::read(done[0], &byte, 1) == 1) ++promised;
    ::close(done[0]);

    const auto store = open_sqlite(scratch / "store");
    const auto result = verify(*store, {});
    INFO(result.problem.value_or(""));
    REQUIRE_FALSE(result.problem);
    // At most the one that was made durable, but not told any more, is beyond what was promised.
    REQUIRE(static_cast<std::size_t>(result.intact) >= promised);
    REQUIRE(static_cast<std::size_t>(result.intact) <= promised + 1);
    promised = static_cast<std::size_t>(result.intact);
  }
  CHECK(promised > 10);
}
