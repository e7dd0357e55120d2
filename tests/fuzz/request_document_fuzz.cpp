// Request documents of a backend, and what a store kept: read as they are, or refused.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "approval/document.hpp"
#include "util/error.hpp"

using namespace jit;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  util::Json document;
  try {
    document = util::parse_json(text, "fuzz", 1U << 20U);
  } catch (const util::Error&) {
    return 0;
  }
  try {
    const util::Json first = approval::to_json(approval::view_from_json(document));
    if (approval::to_json(approval::view_from_json(first)) != first) std::abort();
  } catch (const util::Error&) {
    // Refused.
  }
  try {
    const util::Json first = approval::to_stored_json(approval::request_from_stored_json(document, nullptr));
    if (approval::to_stored_json(approval::request_from_stored_json(first, nullptr)) != first) std::abort();
  } catch (const util::Error&) {
    // Refused.
  }
  return 0;
}
