#pragma once
#include <set>
#include <string>
#include <vector>

namespace jit::cli {

/// A command line, divided: the words for the option parser, and the operands, which it must never see (CLI11
/// would read options of a wrapped command as its own, and take "[a,b]" apart).
struct Words {
  std::vector<std::string> own, operands;
};

/// What follows "--" are operands, and so is every word that is neither an option, nor the value of one of
/// `valued`, nor the subcommand. With a subcommand of `wrapping` the first operand ends our options: all that
/// follows belongs to it. Throws UsageError, with the hint, for an unknown subcommand.
Words divide(int argc, char** argv, const std::vector<std::string>& subcommands,
             const std::set<std::string>& valued, const std::set<std::string>& wrapping,
             const std::string& hint);

}  // namespace jit::cli
