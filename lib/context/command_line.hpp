#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/json.hpp"

namespace jit::context {

/// How to read the command line of one program (an entry of `commands` in a policy).
struct CommandSpec {
  std::vector<std::string> value_options;  // with their dashes: "-n", "--namespace"
  std::vector<std::string> flags;          // options known to take no value
  bool abbreviations = false;              // unambiguous prefixes of the long options above are read as those
  /// Set when the program runs another one; how its command line names it.
  struct Wrapper {
    enum class Form {
      command,  // options, then the command: nice -n 5 CMD ARGS
      shell,    // -c TEXT: sh, bash
      remote,   // options, a host, then words that a shell joins: ssh
    };
    Form form = Form::command;
    bool assignments = false;  // NAME=VALUE words before the command: env, sudo
    int skip_words = 0;        // words before the command: timeout's DURATION, chroot's directory
    /// Options whose value is a command line of shell text: `su -c`, `env -S`, `find`'s are not among them.
    std::vector<std::string> shell_options;
  };
  std::optional<Wrapper> wrapper;
};

/// Finds how to read a program's command line. The policy set implements it.
class CommandSpecs {
 public:
  virtual ~CommandSpecs() = default;
  /// By command name; nullptr where nothing is known of it.
  virtual const CommandSpec* find(std::string_view name) const = 0;
};

/// One way to read a command line.
struct Reading {
  std::string subcommand;                     // the words, joined by one space
  std::map<std::string, std::string> values;  // option without dashes → value
  std::vector<std::string> switches;          // options without a value (`true`)
};

/// Every way to read a command line. Never empty; the first takes each doubtful option as a switch.
struct Readings {
  std::vector<Reading> all;
  /// There are more than kMaxReadings: `all` holds only the first one, and nothing may be concluded from it.
  bool too_many = false;
};
inline constexpr std::size_t kMaxReadings = 256;

/// Reads argv[1..]. `--opt=value`; `--opt value` and `-ovalue`/`-o value` for value options; `-abc` bundles
/// of one-letter flags are also each letter's switch; after `--` all is words. For an option in neither list,
/// a following word is doubtful, and an option given twice with several values has a reading for each value.
Readings read_command_line(const std::vector<std::string>& argv, const CommandSpec* spec);

/// "options" of the context: value or true; where readings differ, an array of the possible values.
util::Json options_json(const Readings& readings);

/// A command that another command runs.
struct Inner {
  std::vector<std::string> argv;
  /// False when this is only one way to read it, a fragment of shell text, or when words are not literal:
  /// then it never matches an allow rule.
  bool certain = true;
  /// It runs on another machine or in a container: nothing here can be looked up for it.
  bool remote = false;
  /// Other names of its program: what symbolic links resolve to. It is what it is by these, too.
  std::vector<std::string> aliases{};
  /// It is run only if a program is what one of its other names says.
  bool by_alias = false;
};

/// What a command runs besides itself.
struct Unwrapped {
  std::vector<Inner> commands;  // direct ones only; unwrap those again
  bool opaque = false;          // it runs something that cannot be told
};

/// env, sudo, nice, nohup, timeout, xargs, ssh, sh -c, git -c alias.x=!…, find -exec and their kin (the table
/// is in unwrap.cpp), and what `specs` adds. An option of a wrapper that is not known makes every following
/// word a possible start of the inner command (certain = false).
Unwrapped unwrap(const std::vector<std::string>& argv, const CommandSpecs& specs);

/// The last parts of the paths that a program, named so, may resolve to by symbolic links; "" or none where
/// nothing is known of it.
using Resolve = std::function<std::vector<std::string>(const std::string& program)>;

/// All of them: what the inner commands run, too, by all names of each program that `resolve` knows
/// (`ln -s /bin/sh x; ./x -c TEXT` runs what `sh -c TEXT` runs), without repeats. More than 8 deep or
/// kMaxInner of them: opaque.
inline constexpr std::size_t kMaxInner = 512;
Unwrapped unwrap_all(const std::vector<std::string>& argv, const CommandSpecs& specs,
                     const Resolve& resolve = nullptr);

/// The single plain command that a shell text is: words with quoting, and no expansion, operator, redirection
/// or assignment. nullopt for any other text.
std::optional<std::vector<std::string>> plain_shell_command(std::string_view text);

/// The last part of argv[0].
std::string command_name(const std::vector<std::string>& argv);

}  // namespace jit::context
