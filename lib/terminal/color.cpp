#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "terminal/render.hpp"

namespace jit::terminal {

Color choose_color(const std::string& setting, int fd) {
  if (setting == "always") return Color::on;
  if (setting == "never") return Color::off;
  // NOLINTBEGIN(concurrency-mt-unsafe): nothing here has threads
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  // NOLINTEND(concurrency-mt-unsafe)
  if (no_color != nullptr && *no_color != '\0') return Color::off;
  if (term == nullptr || std::string_view(term) == "dumb") return Color::off;
  return ::isatty(fd) == 1 ? Color::on : Color::off;
}

}  // namespace jit::terminal
