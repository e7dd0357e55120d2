#include "context/schema.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "context/document.hpp"

namespace jit {

TEST_CASE("only paths that a context can have are known") {
  CHECK(context::find_path("command.name")->type == context::ValueType::text);
  CHECK(context::find_path("git.dirty")->type == context::ValueType::boolean);
  CHECK(context::find_path("command.options.dry-run")->type == context::ValueType::option);
  CHECK(context::find_path("labels.a.b")->type == context::ValueType::text);
  for (const char* path :
       {"", "command", "command.nam", "command.options", "command.options.", "env.", "git", "x"}) {
    INFO(path);
    CHECK(context::find_path(path) == nullptr);
  }
}

TEST_CASE("a path that is not known gets a suggestion") {
  CHECK(context::suggest_path("comand.name") == " (did you mean \"command.name\"?)");
  CHECK(context::suggest_path("subcommand") == " (did you mean \"command.subcommand\"?)");
  CHECK(context::suggest_path("entirely.different").empty());
}

TEST_CASE("values are found by path; keys of maps may hold dots; null is absent") {
  context::Document document({{"command", {{"name", "git"}, {"options", {{"a.b", "c"}, {"name", true}}}}},
                              {"git", nullptr},
                              {"labels", {{"x.y", "z"}}},
                              {"user", {{"login", nullptr}}}});
  REQUIRE(document.find("command.name") != nullptr);
  CHECK(*document.find("command.name") == "git");
  CHECK(*document.find("command.options.a.b") == "c");
  CHECK(*document.find("command.options.name") == true);
  CHECK(*document.find("labels.x.y") == "z");
  for (const char* path :
       {"git", "git.branch", "user.login", "labels.x", "command.options.a", "command.name.x"}) {
    INFO(path);
    CHECK(document.find(path) == nullptr);
  }
}

}  // namespace jit
