#pragma once
#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): the name that the library has
class App;
}

namespace jit::cli {

/// Lets `app` read a command line, given without the program's name. False when --help or --version was all
/// that it wanted, and is printed. Throws UsageError, with what was likely meant.
bool parse(CLI::App& app, std::vector<std::string> words);
bool parse(CLI::App& app, int argc, char** argv);

/// Throws UsageError when `word` is none of the commands.
void require_command(const std::string& word, const std::vector<std::string>& commands,
                     const std::string& hint);

}  // namespace jit::cli
