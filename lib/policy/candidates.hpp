#pragma once
#include <optional>
#include <string>
#include <vector>

#include "context/command_line.hpp"
#include "context/source.hpp"

namespace jit::policy {

/// A command that rules are held against: the one that was asked for, or one that it runs.
struct Candidate {
  std::vector<std::string> argv;
  std::string name;  // empty when there is no argv
  context::Readings readings;
  bool inner = false;
  bool remote = false;  // it runs elsewhere: nothing here is its program
  /// False: only one way to read it, so no allow rule matches.
  bool certain = true;
  /// It is known by another name, the one that a symbolic link resolves to, or runs only by one: only ask and
  /// deny rules count.
  bool alias = false;
};

struct Candidates {
  std::vector<Candidate> all;  // the command itself first
  bool opaque = false;         // it runs something that cannot be told
};

/// The command of the context, and what it runs.
Candidates candidates_of(context::Source& source, const context::CommandSpecs& specs);

/// All of these by the names that symbolic links resolve to, and what runs by such a name. Looks up
/// `command.files` where something runs within the command.
Candidates aliases_of(const Candidates& candidates, context::Source& source,
                      const context::CommandSpecs& specs);

/// The entry of `command.files` for the program that argv[0] names; nullptr when there is none.
const util::Json* file_of(const std::string& program, context::Source& source);

}  // namespace jit::policy
