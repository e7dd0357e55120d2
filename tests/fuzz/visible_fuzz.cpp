// Whatever bytes come in, what a person is shown is one line of UTF-8 without anything that controls or
// hides.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "util/text.hpp"
#include "util/visible.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string shown = jit::util::visible(bytes);
  std::string_view rest = shown;
  while (const auto point = jit::util::take_code_point(rest)) {
    if (jit::util::oddity_of(*point) != jit::util::Oddity::none) std::abort();
  }
  if (!rest.empty()) std::abort();
  // Nothing is stripped: what is not spelled out is there as it came.
  std::size_t plain = 0;
  for (const auto& piece : jit::util::visible_pieces(bytes)) {
    if (piece.oddity == jit::util::Oddity::none) {
      const std::size_t at = bytes.find(piece.text, plain);
      if (at == std::string_view::npos) std::abort();
      plain = at + piece.text.size();
    }
  }
  (void)jit::util::is_deceptive(bytes);
  return 0;
}
