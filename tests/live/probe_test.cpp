#include "live/probe.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <thread>

#include "live/wire.hpp"
#include "support/scratch.hpp"
#include "util/error.hpp"

namespace jit::live {
namespace {

using namespace std::chrono_literals;

Source source(const std::string& settings) {
  return {"alerts", "file", settings};
}

std::string program(const test::Scratch& scratch, const std::string& text) {
  const std::string path = std::string(scratch.path()) + "/helper";
  std::ofstream(path) << "#!/bin/sh\n" << text;
  ::chmod(path.c_str(), 0755);
  return path;
}

const std::string kCounting = R"(n=0
while read line; do n=$((n+1))
echo '{"answers": [{"notices": [{"severity": "critical", "summary": "'$n'", "since": "", "labels": {}}], "problem": "", "hint": "", "took": 1}]}'
done)";

}  // namespace

TEST_CASE("an answer is kept as long as its source allows, and asked for again after that") {
  const test::Scratch scratch;
  Probe probe(program(scratch, kCounting));
  const std::vector<Source> lasting{source(R"({"max_age": 300000})")};
  CHECK_FALSE(probe.is_fresh(lasting));
  CHECK(probe.ask(lasting).at(lasting[0].definition()).notices.at(0).summary == "1");
  CHECK(probe.is_fresh(lasting));
  CHECK(probe.ask(lasting).at(lasting[0].definition()).notices.at(0).summary == "1");
  const std::vector<Source> passing{source(R"({"max_age": 1})")};
  CHECK(probe.ask(passing).at(passing[0].definition()).notices.at(0).summary == "2");
  std::this_thread::sleep_for(5ms);
  CHECK(probe.ask(passing).at(passing[0].definition()).notices.at(0).summary == "3");
  CHECK(probe.ask(passing).size() == 1);
}

TEST_CASE("a helper that does not answer, or nonsense, leaves its sources unknown") {
  const test::Scratch scratch;
  const std::vector<Source> sources{source(R"({"timeout": 100})")};
  for (const char* text :
       {"exit 0", "sleep 60", "echo", "echo '{}'", "echo '{\"answers\": []}'", "echo '[[['",
        "echo '{\"answers\": [{\"notices\": 1}]}'", "cat", "cat /dev/zero"}) {
    INFO(text);
    Probe probe(program(scratch, text));
    const auto began = std::chrono::steady_clock::now();
    const auto& answer = probe.ask(sources).at(sources[0].definition());
    CHECK_FALSE(answer.problem.empty());
    CHECK(answer.notices.empty());
    CHECK(std::chrono::steady_clock::now() - began < 10s);
  }
  Probe missing("/nonexistent");
  CHECK_FALSE(missing.ask(sources).begin()->second.problem.empty());
}

TEST_CASE("one that failed is not started again at once") {
  const test::Scratch scratch;
  Probe probe(program(scratch, "echo x >>$(dirname \"$0\")/started; exit 1"));
  for (int i = 0; i < 5; ++i) {
    const std::vector<Source> sources{source("{\"timeout\": " + std::to_string(100 + i) + "}")};
    CHECK_FALSE(probe.ask(sources).begin()->second.problem.empty());
  }
  std::ifstream started(std::string(scratch.path()) + "/started");
  const std::string all{std::istreambuf_iterator<char>(started), {}};
  CHECK(all == "x\n");
}

TEST_CASE("what goes over the wire comes back as it was") {
  const std::vector<Answer> answers{{{{Severity::warning, "w\"\n\xc3\xa9", "s", {{"a", "b"}}}}, "", "", 7ms},
                                    {{}, "why", "hint"}};
  const auto back = answers_from_line(answer_line(answers), 2);
  REQUIRE(back.size() == 2);
  CHECK(back[0].notices.at(0).summary == answers[0].notices[0].summary);
  CHECK(back[0].notices.at(0).severity == Severity::warning);
  CHECK(back[0].notices.at(0).labels == answers[0].notices[0].labels);
  CHECK(back[0].took == 7ms);
  CHECK(back[1].problem == "why");
  CHECK_THROWS_AS(answers_from_line(answer_line(answers), 3), util::Error);
  const auto sources = sources_from_line(question_line({source("{}")}));
  CHECK(sources.at(0).definition() == source("{}").definition());
  for (const char* line : {"", "{}", "[]", R"({"sources": {}})", R"({"sources": [{"name": 1}]})"})
    CHECK_THROWS_AS(sources_from_line(line), util::Error);
}

}  // namespace jit::live
