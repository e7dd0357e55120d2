// Programs that run the command behind one of their subcommands: `uv run CMD`, `ip netns exec NS CMD`.
#include <algorithm>
#include <array>

#include "context/wrappers.hpp"

namespace jit::context {
namespace {

struct Runner {
  std::string_view names;
  std::string_view subcommands;  // separated by commas; empty: the command is in the operands themselves
  std::size_t skip = 0;          // operands before the command
  std::string_view text_options = {};  // options whose value is shell text
  std::string_view word_options = {};  // options behind which the command starts
  bool only_options = false;   // the operands are none: without those options it starts something else
  bool abbreviations = false;  // of the subcommands
};

// What is run finds its programs in another environment than the context shows: never certain.
constexpr std::array<Runner, 19> kRunners = {{
    {"uv", "run,tool run"},
    {"pipx", "run"},
    {"poetry pipenv pdm rye hatch pixi conda mamba micromamba", "run"},
    {"npx pnpx bunx uvx", "", 0, "-c --call"},
    {"npm pnpm yarn bun", "exec,x,dlx", 0, "-c --call --shell-mode"},
    {"bundle bundler opam stack cabal rbenv pyenv nodenv", "exec"},
    {"mise rtx asdf", "exec,x", 0, "-c --command"},
    {"rustup", "run", 1},
    {"direnv aws-vault chamber", "exec", 1},
    {"op doppler infisical dotenvx teller", "run", 0, "--command"},
    {"nix-shell", "", 0, "--run --command", "", true},
    {"nix", "develop,shell,run", 0, "", "-c --command", true},
    {"guix", "shell,environment,time-machine", 0, "", "--", true},
    {"distrobox-enter", "", 0, "", "-- -e --exec", true},
    {"distrobox", "enter", 0, "", "-- -e --exec", true},
    {"toolbox", "run"},
    {"flatpak snap", "run"},
    {"perf",
     "stat record,stat,record,trace record,trace,mem record,c2c record,kvm stat record,kvm record,"
     "sched record,lock record,kmem record,timechart record,kwork record,script record,ftrace trace,ftrace"},
    {"ip", "netns exec,vrf exec", 1, "", "", false, true},
}};

const Runner* find_runner(std::string_view name) {
  const auto* found = std::find_if(kRunners.begin(), kRunners.end(),
                                   [&](const Runner& runner) { return is_listed(name, runner.names); });
  return found == kRunners.end() ? nullptr : found;
}

// The word behind the subcommand at `i`; 0 when another one stands there.
std::size_t behind_subcommand(const Unwrapper& unwrapper, const Runner& runner, std::size_t i) {
  std::string_view subcommands = runner.subcommands;
  while (true) {
    std::string_view words = subcommands.substr(0, subcommands.find(','));
    subcommands.remove_prefix(std::min(words.size() + 1, subcommands.size()));
    std::size_t at = i;
    bool same = true;
    while (!words.empty() && same) {
      const std::string_view word = words.substr(0, words.find(' '));
      words.remove_prefix(std::min(word.size() + 1, words.size()));
      const std::string_view given = unwrapper.word(at++);
      same = given == word || (runner.abbreviations && !given.empty() && word.starts_with(given));
    }
    if (same) return at;
    if (subcommands.empty()) return 0;
  }
}

bool take_options(const Runner& runner, Unwrapper& unwrapper, std::size_t from) {
  for (std::size_t i = from; i < unwrapper.size(); ++i) {
    const std::string_view word = unwrapper.word(i);
    const std::string_view name = word.substr(0, word.find('='));
    const bool attached = name.size() < word.size();
    if (is_listed(name, runner.text_options)) {
      unwrapper.add_text(attached ? word.substr(name.size() + 1) : unwrapper.word(i + 1), false);
      return true;
    }
    if (is_listed(word, runner.word_options)) {
      unwrapper.add_words(i + 1, false);
      return true;
    }
    // From here on it is the command's own.
    if (!runner.only_options && (word == "--" || !word.starts_with('-'))) return false;
  }
  return false;
}

}  // namespace

bool unwrap_runner(std::string_view name, Unwrapper& unwrapper) {
  const Runner* runner = find_runner(name);
  if (runner == nullptr) return false;
  std::size_t i = behind_subcommand(unwrapper, *runner, 1);
  if (i == 0) {
    // Behind options, which may take words, any word may be the subcommand.
    std::size_t at = 2;
    while (at < unwrapper.size() && behind_subcommand(unwrapper, *runner, at) == 0) ++at;
    if (unwrapper.word(1).starts_with('-') && at < unwrapper.size()) {
      take_options(*runner, unwrapper, at + 1);
      unwrapper.add_every_start(at + 1);
    }
    return true;
  }
  if (take_options(*runner, unwrapper, i)) return true;
  if (runner->only_options) {
    unwrapper.set_opaque();
    return true;
  }
  i += unwrapper.word(i) == "--" ? 1 : 0;
  if (unwrapper.word(i).starts_with('-')) {
    unwrapper.add_every_start(i + 1);
    return true;
  }
  i += runner->skip;
  i += unwrapper.word(i) == "--" ? 1 : 0;
  if (i >= unwrapper.size()) unwrapper.set_opaque();
  unwrapper.add_words(i, false);
  return true;
}

}  // namespace jit::context
