#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace jit::context {

/// One simple command found in shell text: its words, without leading assignments, reserved words and
/// redirections.
struct ShellCommand {
  std::vector<std::string> argv;
  bool literal = true;  // no word depends on an expansion; the words that do are as written
};

/// The simple commands of a shell text, those in substitutions, groups and function bodies included. An
/// over-approximation: it may name commands that never run (here-documents are read as commands), but none
/// that run are missed unless `unsure` or a command is not literal.
struct ShellCommands {
  std::vector<ShellCommand> all;
  bool unsure = false;  // unbalanced quotes, an alias, or more than the work that is bounded here
};
ShellCommands split_shell_text(std::string_view text);

/// A reserved word of some shell, or a builtin that changes what later words mean: no name of a plain
/// command.
bool is_shell_word(std::string_view word);

}  // namespace jit::context
