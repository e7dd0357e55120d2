#include "delivery/errands.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <climits>

#include "util/error.hpp"
#include "util/fd.hpp"

namespace jit::delivery {
namespace {

service::Errand errand() {
  return {service::Errand::Kind::say,    "ops", "id", "digest", "trigger", "C1", "U1",
          "a \"text\"\n\xff\xe2\x82\xac"};
}

}  // namespace

TEST_CASE("errands come a line each, whole or in pieces, until whoever asks is gone") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const util::Fd in(ends[0]);
  util::Fd out(ends[1]);
  std::vector<std::string> said;
  Errands errands(in.get(), [&](const std::string& text) { said.push_back(text); });
  CHECK(errands.take().empty());
  const std::string line = service::line_of(errand());
  CHECK(line.find('\n') == std::string::npos);
  CHECK(line.size() < PIPE_BUF);
  (void)util::write_all(out.get(), line + "\n" + line + "\nnonsense\n{}\n" + line.substr(0, 10));
  const auto two = errands.take();
  REQUIRE(two.size() == 2);
  CHECK(two.front().text == "a \"text\"\n\xef\xbf\xbd\xe2\x82\xac");
  CHECK(two.front().place == "C1");
  CHECK(said.size() == 2);
  CHECK_FALSE(errands.is_over());
  (void)util::write_all(out.get(), line.substr(10) + "\n");
  CHECK(errands.take().size() == 1);
  out.reset();
  CHECK(errands.take().empty());
  CHECK(errands.is_over());
}

TEST_CASE("what is no errand is none") {
  for (const char* line : {"", "[]", "{\"ask_reason\":1}", "{\"ask_reason\":true}"})
    CHECK_THROWS_AS(service::errand_of(line), util::Error);
  Errands none(-1, [](const std::string& /*text*/) {});
  CHECK(none.take().empty());
  CHECK_FALSE(none.is_over());
}

}  // namespace jit::delivery
