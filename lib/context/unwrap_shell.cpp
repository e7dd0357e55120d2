// Shells, and what hands text to one.
#include <algorithm>

#include "context/wrappers.hpp"

namespace jit::context {
namespace {

constexpr std::string_view kShells =
    "sh bash dash zsh ksh ksh93 mksh lksh pdksh ash fish rbash rzsh yash posh csh tcsh hush sash osh "
    "bash.static bash-static dash.static zsh-static zsh5 zsh5-static";
// Long options of shells that take a value, with one dash or two.
constexpr std::string_view kValueOptions =
    "rcfile init-file emulate profile debug-output features profile-startup";
constexpr std::string_view kStartupFiles = "rcfile init-file init-command";
constexpr std::string_view kFlags =
    "norc noprofile login posix restricted verbose interactive noediting noline debugger dump-strings "
    "dump-po-strings "
    "version help private no-config no-execute no-globalrcs no-rcs";

bool reads_stdin(std::string_view script) {
  return script == "-" || script.starts_with("/dev/") || script.starts_with("/proc/");
}

struct ShellOptions {
  std::size_t operand = 1;
  bool text = false, standard_input = false;
  bool done = false;     // its text was found already
  bool startup = false;  // a file or text of the caller's choice runs first
};

// These read "-oNAME" as one option; for the others the letters behind the "o" are options, too.
constexpr std::string_view kAttachedNames = "zsh rzsh ksh ksh93 mksh lksh pdksh yash";

// One-letter options; "o" and "O" take a word each.
void read_letters(std::string_view word, std::size_t& i, ShellOptions& options, Unwrapper& unwrapper,
                  std::string_view shell) {
  const bool fish = shell == "fish";
  const bool attached_names = is_listed(shell, kAttachedNames);
  std::size_t values = 0;
  for (std::size_t k = 1; k < word.size(); ++k) {
    const char c = word[k];
    if (fish && (c == 'c' || c == 'C')) {
      unwrapper.add_text(k + 1 < word.size() ? word.substr(k + 1) : unwrapper.word(i + 1), c == 'c');
      options.startup = options.startup || c == 'C';
      options.done = options.done || c == 'c';
      i += k + 1 < word.size() ? 0 : 1;
      return;
    }
    if (c == 'c' && word[0] == '-') options.text = true;
    if (c == 's' && word[0] == '-') options.standard_input = true;
    if (c == 'o' && attached_names && k + 1 < word.size()) break;
    if (c == 'o' || c == 'O') ++values;
  }
  i += values;
}

ShellOptions read_options(Unwrapper& unwrapper, std::string_view shell) {
  const bool fish = shell == "fish";
  ShellOptions options;
  std::size_t i = 1;
  for (; i < unwrapper.size(); ++i) {
    const std::string_view word = unwrapper.word(i);
    if (word == "--" || word == "-") {
      ++i;
      break;
    }
    if (word.size() < 2 || (word[0] != '-' && word[0] != '+')) break;
    const std::string_view bare = word.substr(std::min(word.find_first_not_of('-'), word.size()));
    const std::string_view name = bare.substr(0, bare.find('='));
    const bool attached = name.size() < bare.size();
    if (fish && word[1] == '-' && (name == "command" || name == "init-command")) {
      unwrapper.add_text(attached ? bare.substr(name.size() + 1) : unwrapper.word(i + 1), name == "command");
      options.startup = options.startup || name == "init-command";
      options.done = options.done || name == "command";
      if (!attached) ++i;
    } else if (name.size() > 1 && is_listed(name, kValueOptions)) {
      options.startup = options.startup || is_listed(name, kStartupFiles);
      if (!attached) ++i;
    } else if (word[1] == '-') {
      // Unknown: it may take the next word, so what follows is doubtful.
      if (!is_listed(name, kFlags)) unwrapper.add_every_start(i + 1);
    } else if (name.size() < 2 || !is_listed(name, kFlags)) {
      read_letters(word, i, options, unwrapper, shell);
    }
  }
  options.operand = i;
  return options;
}

void unwrap_shell_words(Unwrapper& unwrapper, std::string_view shell) {
  const ShellOptions options = read_options(unwrapper, shell);
  if (options.startup) unwrapper.set_opaque();
  if (options.text) {
    if (options.operand < unwrapper.size()) unwrapper.add_text(unwrapper.word(options.operand));
    return;
  }
  if (options.done) return;
  const bool no_script = options.operand >= unwrapper.size() || options.standard_input;
  if (no_script || reads_stdin(unwrapper.word(options.operand))) unwrapper.set_opaque();
}

// su and runuser permute: -c may stand after the user, too.
void unwrap_su(Unwrapper& unwrapper) {
  constexpr Options kOptions = {
      "c:C:g:G:s:w:T:u:fmpPlhV",
      "command= session-command= group= supp-group= shell= whitelist-environment= user= fast "
      "preserve-environment pty login help version"};
  std::size_t i = 1;
  bool text = false;
  std::vector<std::string> operands;
  while (i < unwrapper.size()) {
    const ParsedOptions parsed = parse_options(unwrapper.argv(), i, kOptions);
    bool user_form = false;
    for (const auto& option : parsed.options) {
      const bool command = option.name == "-c" || option.name == "-C" || option.name == "--command" ||
                           option.name == "--session-command";
      if (command && option.value) {
        unwrapper.add_text(*option.value);
        text = true;
      }
      if (option.name == "-u" || option.name == "--user") user_form = true;
    }
    if (parsed.unknown) return unwrapper.add_every_start(*parsed.unknown + 1);
    if (user_form) return unwrapper.add_words(parsed.operand, true);
    i = parsed.operand;
    if (i < unwrapper.size() && unwrapper.word(i) != "-") operands.emplace_back(unwrapper.word(i));
    ++i;
  }
  if (operands.size() > 1) {
    // Words after the user are the shell's: `su alice -- -c TEXT`.
    operands[0] = "sh";
    unwrapper.add(std::move(operands), false);
  } else if (!text) {
    unwrapper.set_opaque();
  }
}

}  // namespace

bool unwrap_shell(std::string_view name, Unwrapper& unwrapper) {
  if (is_listed(name, kShells)) {
    unwrap_shell_words(unwrapper, name);
  } else if (name == "su" || name == "runuser") {
    unwrap_su(unwrapper);
  } else if (name == "." || name == "source") {
    unwrapper.set_opaque();
  } else if (name == "trap") {
    unwrapper.add_text(unwrapper.word(1), false);
  } else {
    return false;
  }
  return true;
}

}  // namespace jit::context
