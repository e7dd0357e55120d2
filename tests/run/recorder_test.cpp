#include "run/recorder.hpp"

#include <sys/eventfd.h>

#include <catch2/catch.hpp>
#include <stdexcept>

#include "util/error.hpp"

namespace jit::run {
namespace {

constexpr std::size_t kLimit = 4096;

/// Keeps pieces, or fails.
struct Kept {
  std::string recording;
  std::mutex mutex;
  int failures = 0;
  Recorder::Target target() {
    return {[this](std::size_t start, const std::string& bytes) {
              const std::lock_guard lock(mutex);
              if (failures > 0 && start > 0) {
                --failures;
                throw util::Error("away");
              }
              REQUIRE(start == recording.size());
              recording += bytes;
            },
            kLimit};
  }
};

TEST_CASE("what is shown is kept, in order and whole") {
  Kept kept;
  Recorder recorder(kept.target(), "header\n");
  CHECK(kept.recording == "header\n");
  for (int i = 0; i < 10; ++i) recorder.output("line\n");
  recorder.resized(80, 24);
  CHECK_FALSE(recorder.finish(-1));
  CHECK(std::count(kept.recording.begin(), kept.recording.end(), '\n') == 12);
}

TEST_CASE("without anything shown there is the header") {
  Kept kept;
  Recorder recorder(kept.target(), "header\n");
  CHECK_FALSE(recorder.finish(-1));
  CHECK(kept.recording == "header\n");
}

TEST_CASE("a header that cannot be kept is no beginning") {
  CHECK_THROWS_AS(
      Recorder({[](std::size_t, const std::string&) { throw util::Error("full"); }, kLimit}, "h\n"),
      util::Error);
}

TEST_CASE("what fails is tried again, and for ever is told") {
  Kept kept;
  kept.failures = 1;
  Recorder recorder(kept.target(), "header\n");
  recorder.output("line\n");
  CHECK_FALSE(recorder.finish(-1));

  Kept never;
  never.failures = 1'000'000;
  Recorder lost(never.target(), "header\n");
  lost.output("line\n");
  CHECK(lost.finish(-1) == "away");
  CHECK(never.recording == "header\n");
}

TEST_CASE("a recording ends within its limit, and says so") {
  Kept kept;
  Recorder recorder(kept.target(), "header\n");
  for (int i = 0; i < 1000; ++i) recorder.output("a line of some length\n");
  CHECK(recorder.finish(-1) == "it has become as long as it may");
  CHECK(kept.recording.size() <= kLimit);
  CHECK(kept.recording.find("the recording ends here") != std::string::npos);
  CHECK(kept.recording.back() == '\n');
}

}  // namespace
}  // namespace jit::run
