#include "inquiry/inquirer.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/scratch.hpp"
#include "util/json.hpp"

namespace jit::inquiry {
namespace {

using namespace std::chrono_literals;
using util::Json;

live::Answer answer(const std::string& kind, const Json& settings) {
  return ask({{"s", kind, settings.dump()}}).at(0);
}

std::string problem(const std::string& kind, const Json& settings) {
  return answer(kind, settings).problem;
}

Json shell(const std::string& text, int timeout = 2000) {
  return {{"argv", {"/bin/sh", "-c", text}}, {"timeout", timeout}};
}

}  // namespace

TEST_CASE("a program's output is read, and nothing else of it") {
  const auto said =
      answer("program", shell(R"(echo noise >&2; echo '[{"severity": "critical", "summary": "x"}]')"));
  CHECK(said.problem.empty());
  CHECK(said.notices.at(0).summary == "x");
  CHECK(problem("program", shell("exit 3")).find("exit code 3") != std::string::npos);
  CHECK(problem("program", shell("kill -9 $$")).find("signal 9") != std::string::npos);
  CHECK(problem("program", shell("yes")).find("4 MiB") != std::string::npos);
  CHECK(problem("program", {{"argv", {"/nonexistent"}}}).find("No such file") != std::string::npos);
  CHECK(answer("program", shell(R"(test -z "$SECRET" && [ "$PWD" ] && echo '[]')")).problem.empty());
}

TEST_CASE("each has its own time, and they are asked at once") {
  const auto began = std::chrono::steady_clock::now();
  const auto answers = ask({{"a", "program", shell("sleep 60", 300).dump()},
                            {"b", "program", shell("echo '[]'; exec >&-; sleep 60", 300).dump()},
                            {"c", "program", shell("sleep 60 & echo '[]'", 300).dump()},
                            {"d", "program", shell("echo '[]'").dump()}});
  CHECK(std::chrono::steady_clock::now() - began < 2s);
  for (const int late : {0, 1, 2}) CHECK(answers.at(late).problem == "it did not answer within 300ms");
  CHECK(answers.at(3).problem.empty());
}

TEST_CASE("a file is trusted as a configuration is") {
  const test::Scratch scratch;
  const std::string path = std::string(scratch.path()) + "/notices";
  CHECK(problem("file", {{"path", path}}).find("there is no file") == 0);
  std::ofstream(path) << "critical: now\n";
  CHECK(answer("file", {{"path", path}}).notices.at(0).summary == "now");
  ::chmod(path.c_str(), 0666);
  CHECK_FALSE(problem("file", {{"path", path}}).empty());
  const std::string fifo = std::string(scratch.path()) + "/fifo";
  ::mkfifo(fifo.c_str(), 0600);
  CHECK_FALSE(problem("file", {{"path", fifo}}).empty());
}

TEST_CASE("addresses that are refused, and settings that are none") {
  CHECK(problem("http", {{"url", "https://10.0.0.1/"}, {"timeout", 500}}) == "it leads to a private address");
  CHECK(problem("http", {{"url", "https://127.0.0.1/"}}) == "it leads to a private address");
  CHECK(problem("http", {{"url", "http://192.0.2.1/"}}) == "without TLS it must lead to this machine");
  CHECK(problem("http", {{"url", "ftp://127.0.0.1/"}}).find("https://") != std::string::npos);
  CHECK(problem("http", {{"url", "http://127.0.0.1:9/"}}).find("connect") != std::string::npos);
  CHECK(problem("http", {{"url", "https://127.0.0.1:9/"}, {"ca_file", "/nonexistent"}})
            .find("there is no file") == 0);
  CHECK(problem("http", {{"url", 17}}).find("settings") != std::string::npos);
  CHECK(problem("http", Json::object()).find("settings") != std::string::npos);
  CHECK(problem("ftp", Json::object()).find("no source of the kind") != std::string::npos);
  CHECK_FALSE(ask({{"s", "http", "not JSON"}}).at(0).problem.empty());
  CHECK(ask({}).empty());
}

}  // namespace jit::inquiry
