// HTTP requests of any bytes, in pieces of any size: reading never fails, keeps no more than its limits, and
// comes to the same whatever the pieces. What was read is taken apart as the API does.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/listen.hpp"
#include "server/reader.hpp"
#include "util/error.hpp"

using namespace jit::server;

namespace {

std::size_t read(std::string_view bytes, std::size_t piece, const Limits& limits) {
  RequestReader reader(limits);
  std::size_t requests = 0;
  RequestReader::Result result;
  while (!bytes.empty()) {
    result = reader.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (const auto* ready = std::get_if<RequestReader::Ready>(&result)) {
      ++requests;
      if (ready->message.body.size() > limits.body_bytes) std::abort();
      (void)parse_target(ready->message.target);
      (void)wanted_wait(ready->message.header("prefer"));
      result = reader.feed("");
    }
    if (const auto* wrong = std::get_if<RequestReader::Wrong>(&result)) {
      if (wrong->reply.status < 400) std::abort();
      return requests;
    }
    if (reader.size() > limits.body_bytes + limits.header_bytes + 2 * piece) std::abort();
  }
  return requests;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Limits limits;
  limits.header_bytes = 1024;
  limits.body_bytes = 2048;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (read(bytes, 1, limits) != read(bytes, 97, limits)) std::abort();
  try {
    (void)to_url(parse_endpoint(std::string(bytes)));
  } catch (const jit::util::UsageError&) {
    return 0;
  }
  return 0;
}
