#include "cli/common/words.hpp"

#include <algorithm>

#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::cli {

Words divide(int argc, char** argv, const std::vector<std::string>& subcommands,
             const std::set<std::string>& valued, const std::string& wrapping) {
  const std::vector<std::string> all(argv + std::min(argc, 1), argv + argc);
  Words words;
  std::string subcommand;
  for (auto word = all.begin(); word != all.end(); ++word) {
    const bool option = word->starts_with('-') && *word != "-";
    const bool ends_options = *word == "--" || (!option && !subcommand.empty() && subcommand == wrapping);
    if (ends_options) {
      words.operands.insert(words.operands.end(), *word == "--" ? word + 1 : word, all.end());
      break;
    }
    if (!option && subcommand.empty()) {
      subcommand = *word;
      if (std::find(subcommands.begin(), subcommands.end(), subcommand) == subcommands.end()) {
        throw util::UsageError("unknown subcommand \"" + subcommand + "\"" +
                               util::did_you_mean(subcommand, subcommands));
      }
      words.own.push_back(subcommand);
      continue;
    }
    (option ? words.own : words.operands).push_back(*word);
    if (valued.contains(*word) && word + 1 != all.end()) words.own.push_back(*++word);
  }
  return words;
}

}  // namespace jit::cli
