#pragma once
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "context/command_line.hpp"
#include "context/specs.hpp"
#include "util/text.hpp"

namespace jit::test {

/// The words of a line, which is one plain command.
inline std::vector<std::string> words_of(const std::string& line) {
  const auto argv = context::plain_shell_command(line);
  REQUIRE(argv);
  return *argv;
}

/// What a command runs, as lines; "!" last where something cannot be told.
inline std::vector<std::string> run_by(const std::vector<std::string>& argv) {
  const auto unwrapped = context::unwrap_all(argv, Specs());
  std::vector<std::string> lines;
  for (const auto& inner : unwrapped.commands) lines.push_back(util::shell_line(inner.argv));
  if (unwrapped.opaque) lines.emplace_back("!");
  return lines;
}

}  // namespace jit::test
