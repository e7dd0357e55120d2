#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "yaml/document.hpp"

using jit::yaml::LoadError;
using jit::yaml::Node;
using jit::yaml::parse;

namespace {

// The problems' lines, without the file's name; empty when the text loads.
std::vector<std::string> problems_of(const std::string& text) {
  try {
    parse(text, "f");
    return {};
  } catch (const LoadError& error) {
    std::vector<std::string> lines;
    for (const auto& problem : error.problems()) lines.push_back(problem.line().substr(2));
    return lines;
  }
}

struct Refused {
  std::string text;
  std::string place;  // of the first problem
  std::string words;  // part of what is said
};

}  // namespace

TEST_CASE("a document becomes a tree with places") {
  const Node root =
      parse("version: 1\nrules:\n  - name: \"a b\"  # comment\n    match: {command.name: [x, 'y']}\n", "f");
  REQUIRE(root.kind == Node::Kind::map);
  REQUIRE(root.find("version")->scalar == "1");
  REQUIRE(root.find("version")->plain);
  const Node& rule = root.find("rules")->items.at(0);
  REQUIRE(rule.mark.line == 3);
  REQUIRE(rule.find("name")->scalar == "a b");
  REQUIRE_FALSE(rule.find("name")->plain);
  REQUIRE(rule.find("name")->mark.line == 3);
  REQUIRE(rule.find("name")->mark.column == 11);
  REQUIRE(rule.find("match")->find("command.name")->items.at(1).scalar == "y");
  REQUIRE(rule.find("no such key") == nullptr);
}

TEST_CASE("what is not ambiguous loads") {
  const std::string text =
      GENERATE(as<std::string>{}, "a: b", "---\na: b\n", "a: b\n...\n", "# c\na: b # d\n\n\n",
               "{a: b, \"c\": [d, ], 'e' : {}}", "a: |\n  text: x\n  - y\nb: >\n  folded\n  text\n",
               "a: \"one\n  two\n\n  three\"", "é: ö", "a: 'it''s'", "a: b#c", "a: [b: c]",
               "a: \"\\u00e9\\n\\t\"", "a:\n- b\n- c\n", "'? a': 'x: y'", "a: 'ends in a quote \\'");
  CAPTURE(text);
  REQUIRE(problems_of(text).empty());
}

TEST_CASE("a text without a line end at its end reads the same") {
  REQUIRE(parse("a: |\n  b", "f").find("a")->scalar == parse("a: |\n  b\n", "f").find("a")->scalar);
  REQUIRE(parse("a: |+\n  b\n", "f").find("a")->scalar == "b\n");
}

TEST_CASE("what yaml-cpp lets pass is refused with its place") {
  const auto& refused = GENERATE(values<Refused>({
      {"", "1:1", "nothing in it"},
      {"# only a comment\n", "1:1", "nothing in it"},
      {"---\n", "1:1", "nothing in it"},
      {"a: 1\nb: 2\na: 3\n", "3:1", "stands twice; first in line 1"},
      {"a: {b: 1, \"b\": 2}", "1:11", "stands twice"},
      {"a: &x b\n", "1:4", "anchor"},
      {"a: &x [b]\nc: *x\n", "1:4", "anchor"},
      {"&a [*a]", "1:1", "anchor"},
      {"a: *x\n", "1:4", "anchor is not defined"},
      {"a: !x b\n", "1:4", "tag"},
      {"a: !!str 1\n", "1:4", "tag"},
      {"a: ! b\n", "1:4", "tag"},
      {"a: ! [b]\n", "1:4", "tag"},
      {"!x\na: b\n", "1:1", "tag"},
      {"%YAML 1.2\n---\na: b\n", "1:1", "directive"},
      {"a: b\n%TAG ! x\n", "2:1", "directive"},
      {"<<: {a: b}\n", "1:1", "merge key"},
      {"a:\nb: c\n", "1:1", "\"a\" has no value"},
      {"a: ~\n", "1:1", "\"a\" has no value"},
      {"a: null\n", "1:1", "\"a\" has no value"},
      {"a: {b}\n", "1:5", "no ':' follows"},
      {"a: [b,,c]\n", "1:7", "empty"},
      {"a:\n  -\n  - b\n", "3:3", "empty"},
      {": b\n", "1:1", "key is missing"},
      {"? a\n: b\n", "1:3", "no ':' follows"},
      {"{? a : b}\n", "1:4", "no ':' follows"},
      {"[a]: b\n", "1:1", "list or map as a key"},
      {"{a: b}: c\n", "1:1", "list or map as a key"},
      {"a: b\n - c\n", "1:4", "goes on in the next line"},
      {"a: b\n c\n", "1:4", "goes on in the next line"},
      {"a: b\n\n c\n", "1:4", "goes on in the next line"},
      {"- a\nb: c\n", "2:1", "after the end of the document"},
      {"a: b\n---\nc: d\n", "2:1", "after the end of the document"},
      {"a: b\n--- end\n", "2:1", "after the end of the document"},
      {"a: b\n...\njunk\n", "3:1", "after the end of the document"},
      {"a: \"b\nc: d\n", "1:4", "never closed"},
      {"a: b\nc: 'd\n", "2:4", "never closed"},
      {"a: \"b\n  c: d\ne: \"\n", "1:4", "closing quote missing"},
      {"a: {b: c\n", "2:1", "not closed"},
      {"a: [b, c]]\n", "1:10", "nothing opens"},
      {"a b\nc: d\n", "2:2", "does not belong here"},
      {"a: b: c\n", "1:5", "does not belong here"},
      {"a: - b\n", "1:4", "does not belong here"},
      {"a: b\n- c\n", "2:1", "indent"},
      {"a: @b\n", "1:4", "cannot start a value"},
      {"a:\tb\n", "1:3", "a tab"},
      {"a: b\n\tc: d\n", "2:1", "a tab"},
      {"a: b\r\n", "1:5", "carriage return"},
      {"\xef\xbb\xbf"
       "a: b\n",
       "1:1", "byte order mark"},
      {"a: \xff\n", "1:4", "not UTF-8"},
      {"a: \xed\xa0\x80\n", "1:4", "not UTF-8"},
      {std::string("a: b\0c\n", 7), "1:5", "control character"},
      {"a: \x1b[0m\n", "1:4", "control character"},
      {"a: \xc2\x9b\n", "1:4", "control character"},
      {"a: \"\\0\"\n", "1:4", "control character"},
      {"a: \"\\e\"\n", "1:4", "control character"},
      {std::string(65, '[') + std::string(65, ']'), "1:65", "64 deep"},
  }));
  CAPTURE(refused.text);
  const auto problems = problems_of(refused.text);
  REQUIRE_FALSE(problems.empty());
  CAPTURE(problems.front());
  REQUIRE(problems.front().starts_with(refused.place + ": "));
  REQUIRE(problems.front().find(refused.words) != std::string::npos);
}

TEST_CASE("all problems of a file are told, in its order") {
  const auto problems = problems_of("a: &x 1\nb: ~\na: 2\n");
  REQUIRE(problems.size() == 3);
  REQUIRE(problems[0].starts_with("1:4: "));
  REQUIRE(problems[1].starts_with("2:1: "));
  REQUIRE(problems[2].starts_with("3:1: "));
}

TEST_CASE("an alias bomb costs nothing") {
  std::string bomb = "a0: &a0 [x, x, x]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before + "]\n";
  }
  REQUIRE(problems_of(bomb).size() <= 50);
  REQUIRE_FALSE(problems_of(bomb).empty());
}

TEST_CASE("hostile sizes are refused without a crash") {
  REQUIRE(problems_of(std::string((4U << 20U) + 1, 'a')).front().find("longer than 4 MiB") !=
          std::string::npos);
  const char filler = GENERATE('[', '{', '"', '?');
  CAPTURE(filler);
  REQUIRE_FALSE(problems_of("a: [" + std::string(300000, filler)).empty());
}
