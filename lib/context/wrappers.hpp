#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "context/command_line.hpp"

namespace jit::context {

/// The options that a program declares to getopt_long (POSIX.1-2017 getopt; GNU's long options).
struct Options {
  std::string_view shorts;  // "n:" takes a value, "m::" only an attached one
  std::string_view longs;   // "kill-after= foreground mount[=", separated by spaces
};

struct ParsedOption {
  std::string name;  // "-n", "--kill-after": in full when it was abbreviated
  std::optional<std::string_view> value;
  std::size_t next;  // the word after it and its value
};

struct ParsedOptions {
  std::vector<ParsedOption> options;
  std::size_t operand = 0;  // the first word that is no option
  std::optional<std::size_t>
      unknown;  // where an option stands that is not declared; nothing after it was read
};

/// Reads from argv[`from`] up to the first operand, `--` passed over. "-5" is a flag where `shorts` has "#".
ParsedOptions parse_options(const std::vector<std::string>& argv, std::size_t from, const Options& declared);

/// A program that runs the command in its operands.
struct Wrapper {
  std::string_view names;  // separated by spaces
  Options options = {};
  int skip = 0;                         // operands before the command
  char skip_mark = 0;                   // operands that begin with it stand before the command, too
  bool digits_first = false;            // its first operand is skipped only where it begins with a digit
  bool any_start = false;               // a language of its own: every word may be where the command starts
  bool assignments = false;             // NAME=VALUE operands before the command
  bool joined = false;                  // the operands, joined by spaces, are shell text
  bool more_words = false;              // it adds words of its own to the command: those are not known
  bool elsewhere = false;               // with another root directory, so that the names mean other files
  bool shell_by_default = false;        // without a command it starts a shell
  std::string_view text_options = {};   // options whose value is shell text, separated by spaces
  std::string_view doubt_options = {};  // options that change the environment or the directory of the command
};
const Wrapper* find_wrapper(std::string_view name);

/// True when `name` is one of the `list`'s names.
bool is_listed(std::string_view name, std::string_view list);

/// Collects what one command runs.
class Unwrapper {
 public:
  Unwrapper(const std::vector<std::string>& argv, Unwrapped& out) : m_argv(argv), m_out(out) {}
  const std::vector<std::string>& argv() const { return m_argv; }
  std::string_view word(std::size_t i) const {
    return i < m_argv.size() ? std::string_view(m_argv[i]) : std::string_view{};
  }
  std::size_t size() const { return m_argv.size(); }

  /// The words from `from` on (none: nothing) are a command.
  void add_words(std::size_t from, bool certain, bool remote = false);
  void add(std::vector<std::string> argv, bool certain, bool remote = false);
  /// Shell text: one plain command, or fragments.
  void add_text(std::string_view text, bool certain = true, bool remote = false);
  /// The words from `from` on, joined, are shell text.
  void add_joined(std::size_t from, bool certain = true, bool remote = false);
  /// Every word from `from` on may be where a command starts.
  void add_every_start(std::size_t from, bool remote = false);
  void set_opaque() { m_out.opaque = true; }

 private:
  const std::vector<std::string>& m_argv;
  Unwrapped& m_out;
};

/// `NAME=value`, as env(1) takes it: anything before the first equals sign is a name.
bool is_assignment_word(std::string_view word);

/// Gives the values of `options` ("-I --use-compress-program", separated by spaces), wherever they stand;
/// long ones may be abbreviated, and take only an attached value where they end in "=". `value_shorts` are
/// other one-letter options with values, so that bundles are read rightly.
void for_each_value(const Unwrapper& unwrapper, std::string_view options, std::string_view value_shorts,
                    const std::function<void(std::string_view)>& give);

/// The families with a reading of their own. False: `name` is not of that family.
bool unwrap_shell(std::string_view name, Unwrapper& unwrapper);  // sh -c, su, eval
bool unwrap_git(std::string_view name, Unwrapper& unwrapper);
bool unwrap_container(std::string_view name, Unwrapper& unwrapper);  // docker, kubectl exec
bool unwrap_special(std::string_view name, Unwrapper& unwrapper);    // env, find, ssh, flock and others
bool unwrap_editor(std::string_view name, Unwrapper& unwrapper);     // vim, emacs, less
bool unwrap_awk(std::string_view name, Unwrapper& unwrapper);
bool unwrap_interpreter(std::string_view name, Unwrapper& unwrapper);  // python, perl, node
bool unwrap_runner(std::string_view name, Unwrapper& unwrapper);  // uv run, npm exec, ip netns exec, perf
bool unwrap_sed(std::string_view name, Unwrapper& unwrapper);
bool unwrap_tool(std::string_view name, Unwrapper& unwrapper);    // old tar bundles, make, gcc and others
bool unwrap_client(std::string_view name, Unwrapper& unwrapper);  // psql, mysql, sqlite3
bool unwrap_fleet(std::string_view name, Unwrapper& unwrapper);   // ansible, aws ssm, gcloud ssh, pdsh

/// The programs that are no wrappers, but have options whose value is a command.
void unwrap_launchers(std::string_view name, Unwrapper& unwrapper);

}  // namespace jit::context
