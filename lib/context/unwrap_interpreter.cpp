// Programs that run a program text of another language, given as an option or on stdin.
#include <algorithm>
#include <array>

#include "context/wrappers.hpp"

namespace jit::context {
namespace {

struct Interpreter {
  std::string_view names;          // without version suffixes
  std::string_view code_letters;   // one-letter options whose value is code
  std::string_view value_letters;  // other one-letter options with values
  std::string_view code_options;   // long options and words with the same meaning, separated by spaces
};

constexpr auto kInterpreters = std::to_array<Interpreter>({
    {"python pypy ipython python-dbg", "c", "WXm",
     "--command --InteractiveShellApp.code_to_run --InteractiveShellApp.exec_lines"},
    {"perl", "eEMmd", "IxCDF", ""},
    {"ruby irb jruby", "e", "CEFIKrTWx0i", ""},
    {"node nodejs bun ts-node tsx", "epr", "C",
     "--eval --print -pe eval repl exec x --import --require --loader --experimental-loader --preload"},
    {"deno", "", "", "eval repl -"},
    {"php php-cli php-cgi phpdbg", "rBRE", "cdfFgntSz", "--run --process-begin --process-code --process-end"},
    {"lua luajit texlua", "e", "lW", ""},
    {"Rscript R julia groovy scala octave elixir ghc runghc swift", "eE", "",
     "--eval --print --execute --rpc-eval"},
    {"tclsh wish guile gdb-python jshell sbcl racket gjs qjs osascript", "ce", "", "--eval --command"},
    {"erl", "", "", "-eval -run -s"},
    {"pwsh powershell", "cCeE", "", "-Command -command -EncodedCommand -c"},
});

bool is_device(std::string_view file) {
  return file == "-" || file.starts_with("/dev/") || file.starts_with("/proc/");
}

// Modules that take code, or read it from stdin; and those that run the script in their operands, or such a
// module. Others are programs like any other.
constexpr std::string_view kCodeModules =
    "timeit code pdb bdb asyncio IPython ipython idlelib idlelib.idle ptpython bpython xonsh";
constexpr std::string_view kScriptModules =
    "profile cProfile trace runpy coverage viztracer debugpy pyinstrument memory_profiler kernprof "
    "line_profiler";

void read_python_module(std::string_view module, std::size_t from, Unwrapper& unwrapper) {
  if (is_listed(module, kCodeModules)) return unwrapper.set_opaque();
  if (!is_listed(module, kScriptModules)) return;
  for (std::size_t i = from; i < unwrapper.size(); ++i) {
    const std::string_view word = unwrapper.word(i);
    if (word == "-c" || is_device(word) || is_listed(word, kCodeModules)) unwrapper.set_opaque();
  }
}

// Flags for certain; the next word may be the value of any other option.
bool is_long_flag(std::string_view word) {
  return word.find('=') != std::string_view::npos || word.starts_with("--no-") ||
         word.starts_with("--trace-") || word.starts_with("--inspect") ||
         is_listed(word,
                   "--watch --test --enable-source-maps --expose-gc --version --help --verbose --quiet");
}

// The options up to the script, whose place is given; nullopt: it runs code, or a module.
std::optional<std::size_t> pass_options(const Interpreter& interpreter, Unwrapper& unwrapper) {
  const bool python = interpreter.names.starts_with("python");
  std::size_t i = 1;
  for (; i < unwrapper.size(); ++i) {
    const std::string_view word = unwrapper.word(i);
    if (word == "--") return i + 1;
    const bool code_option = is_listed(word.substr(0, word.find('=')), interpreter.code_options);
    if (code_option) unwrapper.set_opaque();
    if (code_option) return std::nullopt;
    if (word.size() < 2 || word[0] != '-') break;
    const auto code = word[1] == '-' ? word.npos : word.find_first_of(interpreter.code_letters, 1);
    const auto value = word[1] == '-' ? word.npos : word.find_first_of(interpreter.value_letters, 1);
    if (code < value) unwrapper.set_opaque();
    if (code < value) return std::nullopt;
    if (python && value < word.size() && word[value] == 'm') {
      const bool attached = value + 1 < word.size();
      read_python_module(attached ? word.substr(value + 1) : unwrapper.word(i + 1), i + (attached ? 1 : 2),
                         unwrapper);
      return std::nullopt;
    }
    const bool may_take_next = word[1] == '-' ? !is_long_flag(word) : value + 1 == word.size();
    if (!may_take_next) continue;
    // It may have none, after all: what looks like an option is read as one, and no device is passed over.
    const std::string_view next = unwrapper.word(i + 1);
    if (is_device(next)) unwrapper.set_opaque();
    if (!next.starts_with('-') && (word[1] != '-' || unwrapper.word(i + 2).starts_with('-'))) ++i;
  }
  return i;
}

}  // namespace

bool unwrap_interpreter(std::string_view name, Unwrapper& unwrapper) {
  const auto* interpreter =
      std::find_if(kInterpreters.begin(), kInterpreters.end(),
                   [&](const Interpreter& known) { return is_listed(name, known.names); });
  if (interpreter == kInterpreters.end()) return false;
  const auto& argv = unwrapper.argv();
  const bool deno = name == "deno";
  if (std::any_of(argv.begin() + 1, argv.end(), [&](const std::string& word) {
        return word.starts_with("data:") ||
               (deno && (is_device(word) || word.starts_with("http:") || word.starts_with("https:")));
      })) {
    unwrapper.set_opaque();
  }
  const auto script = pass_options(*interpreter, unwrapper);
  // Without a script it reads its program from stdin.
  if (script && (*script >= unwrapper.size() || unwrapper.word(*script).empty() ||
                 is_device(unwrapper.word(*script)))) {
    unwrapper.set_opaque();
  }
  return true;
}

}  // namespace jit::context
