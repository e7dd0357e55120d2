#include "cli/common/words.hpp"

#include <algorithm>

#include "cli/common/parse.hpp"

namespace jit::cli {

Words divide(int argc, char** argv, const std::vector<std::string>& subcommands,
             const std::set<std::string>& valued, const std::set<std::string>& wrapping,
             const std::string& hint) {
  const std::vector<std::string> all(argv + std::min(argc, 1), argv + argc);
  Words words;
  std::string subcommand;
  for (auto word = all.begin(); word != all.end(); ++word) {
    const bool option = word->starts_with('-') && *word != "-";
    const bool ends_options = *word == "--" || (!option && wrapping.contains(subcommand));
    if (ends_options) {
      words.operands.insert(words.operands.end(), *word == "--" ? word + 1 : word, all.end());
      break;
    }
    if (!option && subcommand.empty()) {
      subcommand = *word;
      // Behind an unknown option it may be that one's value: the parser names the option.
      const bool follows_option = !words.own.empty() && words.own.back().starts_with("--");
      if (!follows_option) require_command(subcommand, subcommands, hint);
      words.own.push_back(subcommand);
      continue;
    }
    (option ? words.own : words.operands).push_back(*word);
    if (valued.contains(*word) && word + 1 != all.end()) words.own.push_back(*++word);
  }
  return words;
}

}  // namespace jit::cli
