#include <nlohmann/json.hpp>

#include "live/kind.hpp"
#include "live/reading.hpp"

namespace jit::live {

Inquiry ask_program(const util::Json& settings) {
  return Run{settings.at("argv").get<std::vector<std::string>>()};
}

std::vector<Notice> read_program(const std::string& body, const util::Json& settings) {
  return read_notices(parse_answer(body), settings);
}

}  // namespace jit::live
