// Tools whose options name commands in a way of their own: tar's old bundles, make, gcc and others.
#include <algorithm>

#include "context/wrappers.hpp"

namespace jit::context {
namespace {

// "tar cfI FILE COMMAND": the letters take their values in order from the words behind. Other options are in
// the launchers' table.
void unwrap_old_tar(Unwrapper& unwrapper) {
  constexpr std::string_view kWithValue = "bCfFgHIKLNTVX";
  std::size_t value = 2;
  const std::string_view letters = unwrapper.word(1);
  if (letters.starts_with('-')) return;
  for (const char c : letters) {
    if (kWithValue.find(c) == std::string_view::npos) continue;
    if (value >= unwrapper.size()) return;
    if (c == 'I' || c == 'F') unwrapper.add_text(unwrapper.word(value), false);
    // Here the dashes end no options: those behind them count.
    if (unwrapper.word(value) == "--") unwrapper.set_opaque();
    ++value;
  }
}

// "!cmd" in a program of dc; "!<", "!=" and "!>" compare.
void unwrap_dc(Unwrapper& unwrapper) {
  constexpr Options kOptions = {"e:f:hV", "expression= file= help version"};
  const ParsedOptions parsed = parse_options(unwrapper.argv(), 1, kOptions);
  bool given = parsed.operand < unwrapper.size() && unwrapper.word(parsed.operand) != "-";
  for (const auto& option : parsed.options) {
    const std::string_view value = option.value.value_or("");
    const bool file = option.name == "-f" || option.name == "--file";
    given = given || option.value;
    if (file && (value == "-" || value.starts_with("/dev/") || value.starts_with("/proc/")))
      unwrapper.set_opaque();
    if (file) continue;
    for (auto at = value.find('!'); at != std::string_view::npos; at = value.find('!', at + 1)) {
      if (at + 1 >= value.size() || std::string_view("<=>").find(value[at + 1]) == std::string_view::npos)
        unwrapper.set_opaque();
    }
  }
  // Other options, files that are devices, or its program on stdin.
  const std::string_view operand = unwrapper.word(parsed.operand);
  if (parsed.unknown || !given || operand.starts_with("/dev/") || operand.starts_with("/proc/"))
    unwrapper.set_opaque();
}

// What follows `--` are options of a shell; `==` starts capsh itself again.
void unwrap_capsh(Unwrapper& unwrapper) {
  for (std::size_t i = 1; i < unwrapper.size(); ++i) {
    const std::string_view word = unwrapper.word(i);
    if (word != "--" && word != "-+" && word != "==" && word != "=+") continue;
    std::vector<std::string> argv = {word.starts_with('-') ? "bash" : "capsh"};
    for (++i; i < unwrapper.size(); ++i) argv.emplace_back(unwrapper.word(i));
    return unwrapper.add(std::move(argv), false);
  }
}

// Makefile text, or a variable that is a shell or holds a call of one. What the makefile runs is its own
// affair.
void unwrap_make(Unwrapper& unwrapper) {
  constexpr std::string_view kShellVariables = "SHELL .SHELLFLAGS MAKESHELL MAKEFLAGS GNUMAKEFLAGS MAKE";
  for (std::size_t i = 1; i < unwrapper.size(); ++i) {
    const std::string_view word = unwrapper.word(i);
    const bool stdin_file = (unwrapper.word(i - 1) == "-f" || word.starts_with("-f") ||
                             word.starts_with("--f") || word.starts_with("--makef")) &&
                            (word.ends_with("-") || word.find("/dev/") != std::string_view::npos ||
                             word.find("/proc/") != std::string_view::npos);
    const bool text = word.starts_with("--ev") || (word.starts_with("-E") && word.size() >= 2);
    const auto equals = word.find('=');
    const bool set = equals != std::string_view::npos && equals > 0 && !word.starts_with('-');
    std::string_view name = word.substr(0, set ? equals : 0);
    while (!name.empty() && std::string_view(":?+! \t").find(name.back()) != std::string_view::npos)
      name.remove_suffix(1);
    const bool calls = set && (word.find("$(") != std::string_view::npos ||
                               word.find("${") != std::string_view::npos || word[equals - 1] == '!');
    if (stdin_file || text || calls || is_listed(name, kShellVariables)) unwrapper.set_opaque();
  }
}

// "-wrapper CMD,ARG": before each program that gcc starts. A plugin is code.
void unwrap_gcc(Unwrapper& unwrapper) {
  for (std::size_t i = 1; i < unwrapper.size(); ++i) {
    const std::string_view word = unwrapper.word(i);
    if (word.starts_with("-fplugin=") || word.starts_with('@')) unwrapper.set_opaque();
    const bool attached = word.starts_with("--wrapper=") || word.starts_with("-wrapper=");
    if (word != "-wrapper" && word != "--wrapper" && !attached) continue;
    std::string_view rest = attached ? word.substr(word.find('=') + 1) : unwrapper.word(i + 1);
    std::vector<std::string> argv;
    while (!rest.empty()) {
      argv.emplace_back(rest.substr(0, rest.find(',')));
      rest.remove_prefix(std::min(argv.back().size() + 1, rest.size()));
    }
    unwrapper.set_opaque();  // words of gcc's own follow
    unwrapper.add(std::move(argv), false);
  }
}

// sg [-] GROUP [-c] TEXT; without the text, and for newgrp, a shell.
void unwrap_sg(std::string_view name, Unwrapper& unwrapper) {
  std::size_t i = 1;
  if (is_listed(unwrapper.word(i), "- -l")) ++i;
  ++i;
  if (unwrapper.word(i) == "-c") ++i;
  if (name == "newgrp" || i >= unwrapper.size()) return unwrapper.set_opaque();
  unwrapper.add_text(unwrapper.word(i), i + 1 == unwrapper.size());
}

}  // namespace

bool unwrap_tool(std::string_view name, Unwrapper& unwrapper) {
  if (is_listed(name, "tar bsdtar gtar")) {
    unwrap_old_tar(unwrapper);
  } else if (name == "dc") {
    unwrap_dc(unwrapper);
  } else if (name == "capsh") {
    unwrap_capsh(unwrapper);
  } else if (is_listed(name, "make gmake remake")) {
    unwrap_make(unwrapper);
  } else if (is_listed(name, "gcc g++ cc c++ gfortran cpp") || name.ends_with("-gcc") ||
             name.ends_with("-g++")) {
    unwrap_gcc(unwrapper);
  } else if (name == "sg" || name == "newgrp") {
    unwrap_sg(name, unwrapper);
  } else {
    return false;
  }
  return true;
}

}  // namespace jit::context
