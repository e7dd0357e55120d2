// Shell text of any bytes. What counts as one plain command reads back as the same words when they are
// quoted.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "context/command_line.hpp"
#include "context/shell_text.hpp"
#include "util/text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto commands = jit::context::split_shell_text(text);
  if (const auto plain = jit::context::plain_shell_command(text)) {
    if (commands.all.size() != 1 || commands.all[0].argv != *plain) std::abort();
    const auto again = jit::context::split_shell_text(jit::util::shell_line(*plain));
    if (again.all.size() != 1 || again.all[0].argv != *plain) std::abort();
  }
  return 0;
}
