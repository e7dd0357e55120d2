// Signatures and the files that say whose count, as strangers and their editors write them: what is
// understood of a file is understood the same when it is written again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "signature/allowed_signers.hpp"
#include "signature/armor.hpp"
#include "util/error.hpp"

using namespace jit;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)signature::why_malformed(text);
  try {
    const auto signers = signature::parse_allowed_signers(text, "fuzz");
    const auto again = signature::parse_allowed_signers(signers.text, "again");
    if (again.text != signers.text || again.people != signers.people) std::abort();
  } catch (const util::UsageError&) {
    // Refused: the only other way out.
  }
  return 0;
}
