#pragma once
#include <optional>
#include <string>

#include "terminal/style.hpp"

namespace jit::terminal {

/// Asks on /dev/tty (never stdin), after throwing away what was typed ahead. nullopt when there is no
/// terminal or the person ended it with ^D. Signals from the keyboard do what they always do.
std::optional<std::string> ask_line(const std::string& question);
/// True only for a typed "y" or "yes", in either case.
bool ask_yes(const std::string& question);

/// The terminal that there is to ask on: how to write for it.
struct Terminal {
  int width = 80;
  Color color = Color::off;
};
/// nullopt when there is none. `color_setting` is what `--color` says.
std::optional<Terminal> find_terminal(const std::string& color_setting);

}  // namespace jit::terminal
