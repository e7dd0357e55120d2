#pragma once
#include <optional>
#include <string>

namespace jit::terminal {

/// Asks on /dev/tty (never stdin), after throwing away what was typed ahead. nullopt when there is no
/// terminal or the person ended it with ^D. Signals from the keyboard do what they always do.
std::optional<std::string> ask_line(const std::string& question);
/// True only for a typed "y" or "yes", in either case.
bool ask_yes(const std::string& question);
/// Whether there is a terminal to ask on.
bool has_terminal();

}  // namespace jit::terminal
