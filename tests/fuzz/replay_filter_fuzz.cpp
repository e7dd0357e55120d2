// What passes a replay must not depend on how it comes in pieces, and passes again as it is.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "terminal/replay_filter.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  jit::terminal::ReplayFilter whole;
  jit::terminal::ReplayFilter pieces;
  const std::string passed = whole.pass(text);
  std::string together;
  for (const char c : text) together += pieces.pass({&c, 1});
  if (together != passed || pieces.reset() != whole.reset()) std::abort();
  if (jit::terminal::ReplayFilter().pass(passed) != passed) std::abort();
  return 0;
}
