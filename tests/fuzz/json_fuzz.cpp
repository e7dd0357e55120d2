// Foreign JSON: whatever is accepted can be printed, reads back as the same, and has one canonical text.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "util/error.hpp"
#include "util/json.hpp"

using namespace jit;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const util::Json document = util::parse_json(text, "fuzz", 1U << 20U);
    if (util::parse_json(util::compact_json(document), "again", 16U << 20U) != document) std::abort();
    (void)util::pretty_json(document);
    const std::string canonical = util::canonical_json(document);
    if (util::canonical_json(util::parse_json(canonical, "canonical", 16U << 20U)) != canonical) std::abort();
  } catch (const util::Error&) {
    // Refused: the only other way out.
  }
  return 0;
}
