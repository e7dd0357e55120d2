#include "context/environment.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace jit::context {
namespace {

using Words = std::vector<std::string>;

Words differ(const std::vector<Variable>& before, const std::vector<Variable>& now) {
  return environment_differences(environment_section("key", before), environment_section("key", now));
}

TEST_CASE("every variable counts, known or not, but for what tells of the terminal and the login") {
  CHECK(differ({{"TF_VAR_n", "3"}}, {{"TF_VAR_n", "0"}}) == Words{"the variable TF_VAR_n has another value"});
  CHECK(differ({{"HOME", "/home/a"}}, {{"HOME", "/home/b"}}).size() == 1);
  CHECK(differ({}, {{"anything_at_all", ""}}) == Words{"the variable anything_at_all was not set"});
  CHECK(differ({{"MAKEFILES", "x"}}, {}) == Words{"the variable MAKEFILES is no longer set"});
  CHECK(differ({{"TERM", "xterm"}, {"SSH_CONNECTION", "a"}, {"LC_ALL", "C"}, {"GITHUB_RUN_ID", "1"}},
               {{"TERM", "dumb"}, {"TMUX_PANE", "%1"}})
            .empty());
  CHECK_FALSE(is_volatile_variable("TERMINFO"));
  CHECK_FALSE(is_volatile_variable("CIVIL"));
  CHECK_FALSE(is_volatile_variable("SSH_ASKPASS"));
}

TEST_CASE("the order does not count; twice is not once") {
  CHECK(differ({{"A", "1"}, {"B", "2"}}, {{"B", "2"}, {"A", "1"}}).empty());
  CHECK(differ({{"A", "1"}}, {{"A", "1"}, {"A", "1"}}).size() == 1);
  CHECK(differ({{"A", "1"}, {"A", "2"}}, {{"A", "2"}, {"A", "1"}}).size() == 1);
  CHECK_FALSE(differ({{"A", "1=B"}}, {{"A=1", "B"}}).empty());
}

TEST_CASE("no value can be read or guessed from it") {
  const auto section = environment_section("key", {{"PASSWORD", "hunter2"}, {"\xff", "x"}});
  CHECK(section.dump().find("hunter2") == std::string::npos);
  CHECK(section["variables"]["PASSWORD"].get<std::string>().size() == 8);
  CHECK(section["variables"].contains("\\xff"));
  CHECK(section != environment_section("another key", {{"PASSWORD", "hunter2"}, {"\xff", "x"}}));
}

}  // namespace
}  // namespace jit::context
