// Any JSON over HTTP; a JSON pointer (RFC 6901) leads to the part that says what is active.
#include <nlohmann/json.hpp>

#include "live/kind.hpp"
#include "live/reading.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace jit::live {

Inquiry ask_http(const util::Json& settings) {
  return Get{settings.at("url").get<std::string>()};
}

std::vector<Notice> read_http(const std::string& body, const util::Json& settings) {
  const util::Json answer = parse_answer(body);
  const auto pointer = settings.value("pointer", "");
  try {
    return read_notices(answer.at(util::Json::json_pointer(pointer)), settings);
  } catch (const util::Json::exception&) {
    throw util::Error("there is nothing at " + util::visible(pointer),
                      "does \"pointer\" still fit what it answers?");
  }
}

}  // namespace jit::live
