#include "run/status_stream.hpp"

#include <fcntl.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers)
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/json.hpp"

using jit::run::StatusStream;
using jit::util::Fd;

namespace {

struct Pipe {
  Fd out, in;
  Pipe() {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    out = Fd(ends[0]);
    in = Fd(ends[1]);
  }
  std::string text() {
    in.reset();
    return jit::util::read_all(out.get(), 1U << 20U, "pipe").value();
  }
};

}  // namespace

TEST_CASE("each event is one line of JSON") {
  Pipe pipe;
  StatusStream status(pipe.in.get());
  status.event("allowed");
  const jit::util::Json more = {{"code", 3}, {"text", "two\nlines \xff"}};
  status.event("exit", "abcd", &more);
  const std::string text = pipe.text();
  const std::size_t end = text.find('\n');
  REQUIRE(jit::util::parse_json(text.substr(0, end), "1") == jit::util::Json({{"event", "allowed"}}));
  const auto second = jit::util::parse_json(text.substr(end + 1), "2");
  REQUIRE(second.at("event") == "exit");
  REQUIRE(second.at("request") == "abcd");
  REQUIRE(second.at("code") == 3);
  REQUIRE(text.find('\n', end + 1) == text.size() - 1);
}

TEST_CASE("without a descriptor nothing is written") {
  StatusStream status;
  REQUIRE_NOTHROW(status.event("allowed"));
}

TEST_CASE("a descriptor that cannot be written is refused at once") {
  const Pipe pipe;
  REQUIRE_THROWS_AS(StatusStream(pipe.out.get()), jit::util::UsageError);
  REQUIRE_THROWS_AS(StatusStream(987), jit::util::UsageError);
}

TEST_CASE("a reader that went away neither kills nor leaves a trace") {
  Pipe pipe;
  pipe.out.reset();
  struct sigaction before {};
  ::sigaction(SIGPIPE, nullptr, &before);
  REQUIRE(before.sa_handler == SIG_DFL);  // else this test proves nothing
  StatusStream status(pipe.in.get());
  status.event("allowed");
  sigset_t mask;
  sigset_t pending;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  ::sigpending(&pending);
  REQUIRE(::sigismember(&mask, SIGPIPE) == 0);
  REQUIRE(::sigismember(&pending, SIGPIPE) == 0);
}

TEST_CASE("a reader that does not read does not hold us up for ever") {
  const Pipe pipe;
  ::fcntl(pipe.in.get(), F_SETFL, O_NONBLOCK);
  const std::string block(4096, 'x');
  while (::write(pipe.in.get(), block.data(), block.size()) > 0) {
  }
  ::fcntl(pipe.in.get(), F_SETFL, 0);
  StatusStream status(pipe.in.get());
  status.event("allowed");
  SUCCEED("it came back");
}
