#include "service/errand.hpp"

#include <nlohmann/json.hpp>

#include "approval/fields.hpp"
#include "util/json.hpp"

namespace jit::service {
namespace {

constexpr std::size_t kLongestLine = 4096;

}  // namespace

std::string line_of(const Errand& errand) {
  const util::Json json = {{"ask_reason", errand.kind == Errand::Kind::ask_reason},
                           {"channel", errand.channel},
                           {"request", errand.request},
                           {"digest", errand.digest},
                           {"trigger", errand.trigger},
                           {"place", errand.place},
                           {"person", errand.person},
                           {"text", errand.text}};
  return json.dump(-1, ' ', true, util::Json::error_handler_t::replace);
}

Errand errand_of(const std::string& line) {
  const util::Json json = util::parse_json(line, "an errand", kLongestLine);
  const approval::Fields fields(json, "an errand");
  Errand errand;
  errand.kind = fields.flag("ask_reason") ? Errand::Kind::ask_reason : Errand::Kind::say;
  errand.channel = fields.text("channel");
  errand.request = fields.text("request");
  errand.digest = fields.text("digest");
  errand.trigger = fields.text("trigger");
  errand.place = fields.text("place");
  errand.person = fields.text("person");
  errand.text = fields.text("text");
  return errand;
}

}  // namespace jit::service
